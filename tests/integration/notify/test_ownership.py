"""What was a former partner's is not the next one's of the same id."""

from collections.abc import Callable

from services.notify import endpoints
from shared.db.engine import transaction
from shared.keys import Scope
from tests.support.session import Api

PARTNER = {"id": "harbour", "name": "Harbour", "timezone": "Asia/Seoul"}


def test_a_key_dies_with_its_partner_and_is_not_inherited(
    admin: Api, caller: Callable[..., Api]
) -> None:
    assert admin("POST", "/v1/partners", json=PARTNER).status_code == 201
    owner = caller(Scope.PARTNER, "harbour")
    assert owner("GET", "/v1/partners/harbour").status_code == 200
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    assert owner("GET", "/v1/partners/harbour").status_code == 401
    assert admin("POST", "/v1/partners", json=PARTNER).status_code == 201
    assert owner("GET", "/v1/partners/harbour").status_code == 401


def test_headers_that_come_back_masked_stay_as_they_are(admin: Api) -> None:
    admin("POST", "/v1/partners", json=PARTNER)
    asked = {
        "partner": "harbour",
        "url": "http://127.0.0.1:9000/",
        "headers": {"X-Token": "one", "X-Other": "two"},
    }
    made = admin("POST", "/v1/endpoints", json=asked).json()
    assert made["headers"] == {"X-Token": "***", "X-Other": "***"}
    patch = {"headers": {"X-Token": "***", "X-Other": None}}
    changed = admin("PATCH", f"/v1/endpoints/{made['id']}", json=patch)
    assert changed.json()["headers"] == {"X-Token": "***"}
    with transaction() as connection:
        assert endpoints.get(connection, made["id"]).policy.headers == {"X-Token": "one"}
