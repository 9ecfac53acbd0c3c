"""The ledger of deliveries, the test event, and retries on request."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from shared import jsontext
from shared.db import engine
from shared.db.ingest import event
from shared.db.notify import delivery
from shared.keys import Scope
from tests.integration.notify.registry import a_partner, a_post, an_endpoint, deliveries, publish
from tests.support.session import Api, settle


@pytest.fixture
def endpoint(admin: Api) -> str:
    """An endpoint that is owed three events."""
    a_partner(admin)
    id: str = an_endpoint(admin)["id"]
    publish(admin, *(a_post(f"p{n}") for n in range(3)))
    settle()
    return id


def set_state(endpoint_id: str, sequence: int, state: str) -> None:
    with engine.transaction() as connection:
        connection.execute(
            update(delivery)
            .where(delivery.c.endpoint_id == endpoint_id, delivery.c.sequence == sequence)
            .values(state=state)
        )


def test_a_delivery_is_listed_and_shown_with_its_attempts(admin: Api, endpoint: str) -> None:
    listed = admin("GET", f"/v1/endpoints/{endpoint}/deliveries").json()["items"]
    assert [item["sequence"] for item in listed] == [3, 2, 1]
    shown = admin("GET", f"/v1/deliveries/{listed[0]['id']}").json()
    assert shown == listed[0]
    assert shown.pop("created_at")
    assert shown.pop("next_attempt_at")
    assert shown.pop("event").startswith("evt_")
    assert shown == {
        "id": listed[0]["id"], "event_type": "post.published", "sequence": 3,
        "endpoint": endpoint, "state": "pending", "delivered_at": None, "attempts": [],
    }  # fmt: skip


def test_lists_are_walked_by_cursor_and_narrowed_by_state(admin: Api, endpoint: str) -> None:
    path = f"/v1/endpoints/{endpoint}/deliveries"
    first = admin("GET", f"{path}?limit=2").json()
    rest = admin("GET", path, params={"cursor": first["next_cursor"]}).json()
    assert [item["sequence"] for item in first["items"] + rest["items"]] == [3, 2, 1]
    assert rest["next_cursor"] is None
    set_state(endpoint, 2, "exhausted")
    narrowed = admin("GET", f"{path}?state=exhausted").json()["items"]
    assert [item["sequence"] for item in narrowed] == [2]
    assert narrowed[0]["next_attempt_at"] is None
    unknown = admin("GET", f"{path}?state=lost")
    assert unknown.status_code == 422
    assert [fault["field"] for fault in unknown.json()["errors"]] == ["state"]


@pytest.mark.parametrize(
    "cursor",
    ["x", "WyJ4Il0", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTldCg", "Wy05OTk5OTk5OTk5OTk5OTk5OTk5OTldCg",
     "W3RydWVd"],
)  # fmt: skip
def test_a_cursor_that_the_hub_did_not_make_is_400(admin: Api, endpoint: str, cursor: str) -> None:
    answer = admin("GET", f"/v1/endpoints/{endpoint}/deliveries", params={"cursor": cursor})
    assert answer.status_code == 400


@pytest.mark.parametrize("id", ["x", "dlv_", "dlv_x", "dlv_999999", "dlv_" + "9" * 30, "1"])
def test_an_unknown_delivery_is_404(admin: Api, endpoint: str, id: str) -> None:
    assert admin("GET", f"/v1/deliveries/{id}").status_code == 404
    assert admin("POST", f"/v1/deliveries/{id}/retry").status_code == 404


def test_a_delivery_is_sent_again_on_request(admin: Api, endpoint: str) -> None:
    set_state(endpoint, 2, "exhausted")
    (id,) = [
        item["id"]
        for item in admin("GET", f"/v1/endpoints/{endpoint}/deliveries").json()["items"]
        if item["sequence"] == 2
    ]
    answer = admin("POST", f"/v1/deliveries/{id}/retry")
    assert (answer.status_code, answer.json()["state"]) == (202, "pending")


@pytest.mark.parametrize("verb", ["pause", "disable"])
def test_a_retry_at_an_endpoint_that_is_not_active_is_409(
    admin: Api, endpoint: str, verb: str
) -> None:
    admin("POST", f"/v1/endpoints/{endpoint}/{verb}")
    id = f"dlv_{deliveries(endpoint)[0].id}"
    answer = admin("POST", f"/v1/deliveries/{id}/retry")
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/problems/conflict")
    assert deliveries(endpoint)[0].state == "held"


def test_another_partners_delivery_is_404(
    admin: Api, endpoint: str, caller: Callable[..., Api]
) -> None:
    a_partner(admin, "library")
    id = f"dlv_{deliveries(endpoint)[0].id}"
    own, other = caller(Scope.PARTNER, "harbour"), caller(Scope.PARTNER, "library")
    assert own("GET", f"/v1/deliveries/{id}").status_code == 200
    assert own("POST", f"/v1/deliveries/{id}/retry").status_code == 202
    assert other("GET", f"/v1/deliveries/{id}").status_code == 404
    assert other("POST", f"/v1/deliveries/{id}/retry").status_code == 404
    assert caller(Scope.OPERATE)("POST", f"/v1/deliveries/{id}/retry").status_code == 202
    assert caller(Scope.PUBLISH)("GET", f"/v1/deliveries/{id}").status_code == 403


def test_a_test_event_goes_to_one_endpoint_whatever_its_types(admin: Api) -> None:
    a_partner(admin)
    id, other = an_endpoint(admin, event_types=["post.withdrawn"])["id"], an_endpoint(admin)["id"]
    answer = admin("POST", f"/v1/endpoints/{id}/test")
    assert answer.status_code == 202
    settle()
    shown = admin("GET", f"/v1/deliveries/{answer.json()['delivery']}").json()
    assert (shown["event_type"], shown["sequence"], shown["state"]) == (
        "webhook.test", None, "pending",
    )  # fmt: skip
    assert deliveries(other) == []
    with engine.transaction() as connection:
        row = connection.execute(select(event)).one()
    body = jsontext.loads(row.body)
    assert body.pop("timestamp")
    assert body == {
        "id": shown["event"], "type": "webhook.test", "sequence": None, "data": {"endpoint": id},
    }  # fmt: skip


def test_a_test_event_takes_no_place_in_the_sequence(admin: Api, endpoint: str) -> None:
    admin("POST", f"/v1/endpoints/{endpoint}/test")
    publish(admin, a_post("later"))
    settle()
    assert [row.sequence for row in deliveries(endpoint)] == [1, 2, 3, 4, None]
