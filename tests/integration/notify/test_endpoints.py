"""Endpoints over HTTP: made, read, changed, deleted; their secrets; who may what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.crypto import decrypt
from shared.keys import Scope
from tests.integration.notify.registry import URL, a_partner, an_endpoint, endpoint_row
from tests.support.session import Api

ALL: dict[str, list[str]] = {"sections": [], "languages": [], "tags": []}


@pytest.fixture
def harbour(admin: Api) -> Api:
    a_partner(admin)
    return admin


def refused(api: Api, **fields: Any) -> list[tuple[str, str]]:
    answer = api("POST", "/v1/endpoints", json={"partner": "harbour", "url": URL, **fields})
    assert answer.status_code == 422, answer.text
    assert answer.json()["type"].endswith("/problems/invalid-endpoint")
    assert api("GET", "/v1/endpoints").json()["items"] == []
    return [(fault["field"], fault["message"]) for fault in answer.json()["errors"]]


def test_a_new_endpoint_is_201_and_its_secret_is_shown_once(harbour: Api) -> None:
    made = an_endpoint(harbour, event_types=["post.published"], description="Desk")
    assert made.pop("secret").startswith("whsec_")
    assert made.pop("created_at").endswith("Z")
    id = made["id"]
    assert id.startswith("ep_")
    assert made == {
        "id": id, "partner": "harbour", "url": URL, "event_types": ["post.published"],
        "interest": ALL, "ordering": "post", "rate_per_second": None, "max_in_flight": 8,
        "headers": {}, "description": "Desk", "state": "active", "reason": None,
        "failing_since": None,
    }  # fmt: skip
    assert "secret" not in harbour("GET", f"/v1/endpoints/{id}").json()
    assert "whsec_" not in harbour("GET", "/v1/endpoints").text


def test_secrets_and_headers_stand_encrypted_in_the_database(harbour: Api) -> None:
    made = an_endpoint(harbour, headers={"Authorization": "Bearer hunter2"})
    stored = endpoint_row(made["id"])
    assert "whsec_" not in str(stored)
    assert made["secret"].removeprefix("whsec_") not in str(stored)
    assert "hunter2" not in str(stored)
    assert decrypt(stored.secret) == made["secret"]
    assert decrypt(stored.headers) == '{"Authorization":"Bearer hunter2"}'


def test_of_headers_only_the_names_are_shown(harbour: Api) -> None:
    made = an_endpoint(harbour, headers={"Authorization": "Bearer hunter2"})
    assert made["headers"] == {"Authorization": "***"}
    shown = harbour("GET", f"/v1/endpoints/{made['id']}")
    assert shown.json()["headers"] == {"Authorization": "***"}
    assert "hunter2" not in shown.text


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("ftp://hooks.example/", "must be an absolute http or https URL"),
        ("hooks.example/x", "must be an absolute http or https URL"),
        ("https://user:hunter2@hooks.example/", "must not hold a user name or password"),
        ("https://10.0.0.1/", "must not point into a private network (private network)"),
        ("https://169.254.169.254/", "must not point into a private network (link-local)"),
        ("https://[::1]/", "must not point into a private network (loopback)"),
        ("https://0xA000001/", "must not point into a private network (private network)"),
        ("http://127.0.0.1:6379/", "must not use port 6379 (Redis port)"),
        ("http://127.0.0.1:0/", "must not use port 0 (not a port)"),
        ("https://hooks.example:22/", "must not use port 22 (system port)"),
    ],
)
def test_a_url_that_may_not_be_reached_is_422(harbour: Api, url: str, message: str) -> None:
    assert refused(harbour, url=url) == [("url", message)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"headers": {"Webhook-Id": "x"}}, "headers"), ({"headers": {"Host": "x"}}, "headers"),
     ({"headers": {"Content-Type": "x"}}, "headers"), ({"headers": {"Te": "x"}}, "headers"),
     ({"headers": {"User-Agent": "x"}}, "headers"), ({"headers": {"X": "a\nb"}}, "headers.X"),
     ({"headers": ["X"]}, "headers"), ({"partner": "nobody"}, "partner"),
     ({"event_types": ["post.gone"]}, "event_types.0"), ({"rate_per_second": 0}, "rate_per_second"),
     ({"max_in_flight": 101}, "max_in_flight"), ({"ordering": "x"}, "ordering"),
     ({"state": "active"}, "state")],
)  # fmt: skip
def test_a_bad_field_is_422_and_named(harbour: Api, fields: dict[str, Any], field: str) -> None:
    assert [name for name, _ in refused(harbour, **fields)] == [field]


def test_a_refused_url_is_not_repeated_with_its_secrets(harbour: Api) -> None:
    answer = harbour(
        "POST", "/v1/endpoints",
        json={"partner": "harbour", "url": "https://user:hunter2@hooks.example/?token=hunter2"},
    )  # fmt: skip
    assert "hunter2" not in answer.text


def test_a_patch_changes_what_it_names(harbour: Api) -> None:
    made = an_endpoint(harbour, headers={"X-One": "1"}, rate_per_second=5, description="x")
    path = f"/v1/endpoints/{made['id']}"
    patch = {"headers": {"X-Two": "2"}, "rate_per_second": None, "ordering": "strict"}
    changed = harbour("PATCH", path, json=patch)
    assert changed.status_code == 200
    assert changed.json() == harbour("GET", path).json()
    assert changed.json()["headers"] == {"X-One": "***", "X-Two": "***"}
    assert decrypt(endpoint_row(made["id"]).headers) == '{"X-One":"1","X-Two":"2"}'
    assert changed.json()["rate_per_second"] is None
    assert (changed.json()["ordering"], changed.json()["description"]) == ("strict", "x")


@pytest.mark.parametrize(
    ("patch", "field"),
    [({"url": "https://10.0.0.1/"}, "url"), ({"url": None}, "url"), ({"partner": "x"}, "partner"),
     ({"secret": "whsec_x"}, "secret"), ({"headers": {"Host": "x"}}, "headers")],
)  # fmt: skip
def test_a_bad_patch_is_422_and_changes_nothing(
    harbour: Api, patch: dict[str, Any], field: str
) -> None:
    path = f"/v1/endpoints/{an_endpoint(harbour)['id']}"
    before = harbour("GET", path).json()
    answer = harbour("PATCH", path, json=patch)
    assert answer.status_code == 422
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert harbour("GET", path).json() == before
    assert harbour("PATCH", path, json=[]).status_code == 422


def test_a_rotated_secret_leaves_the_former_in_force_for_a_while(harbour: Api) -> None:
    made = an_endpoint(harbour)
    path = f"/v1/endpoints/{made['id']}/rotate-secret"
    answer = harbour("POST", path, json={"overlap_seconds": 60})
    assert answer.status_code == 200
    stored = endpoint_row(made["id"])
    assert decrypt(stored.secret) == answer.json()["secret"] != made["secret"]
    assert decrypt(stored.previous_secret) == made["secret"]
    until = datetime.fromisoformat(answer.json()["previous_expires_at"])
    assert timedelta(seconds=30) < until - datetime.now(UTC) <= timedelta(seconds=60)


def test_a_rotation_overlaps_by_a_day_unless_told_otherwise(harbour: Api) -> None:
    path = f"/v1/endpoints/{an_endpoint(harbour)['id']}/rotate-secret"
    until = datetime.fromisoformat(harbour("POST", path).json()["previous_expires_at"])
    assert timedelta(hours=23) < until - datetime.now(UTC) <= timedelta(days=1)
    for wrong in (-1, 30 * 86_400 + 1, "60", True):
        answer = harbour("POST", path, json={"overlap_seconds": wrong})
        assert answer.status_code == 422
        assert [fault["field"] for fault in answer.json()["errors"]] == ["overlap_seconds"]


def test_states_follow_the_verbs(harbour: Api) -> None:
    path = f"/v1/endpoints/{an_endpoint(harbour)['id']}"
    for verb, state, reason in (
        ("pause", "paused", "by request"), ("resume", "active", None),
        ("disable", "disabled", "by request"), ("enable", "active", None),
    ):  # fmt: skip
        answer = harbour("POST", f"{path}/{verb}")
        assert answer.status_code == 200
        assert (answer.json()["state"], answer.json()["reason"]) == (state, reason)
        assert harbour("GET", path).json() == answer.json()
    assert harbour("POST", f"{path}/resume", json={"held": "burn"}).status_code == 422


def test_a_deleted_endpoint_is_gone(harbour: Api) -> None:
    path = f"/v1/endpoints/{an_endpoint(harbour)['id']}"
    assert harbour("DELETE", path).status_code == 204
    assert harbour("GET", path).status_code == 404
    assert harbour("DELETE", path).status_code == 404


def test_lists_are_walked_by_cursor_and_narrowed_by_partner(harbour: Api) -> None:
    a_partner(harbour, "library")
    made = [an_endpoint(harbour, owner)["id"] for owner in ("harbour", "library", "harbour")]
    first = harbour("GET", "/v1/endpoints?limit=2").json()
    assert [item["id"] for item in first["items"]] == made[:2]
    rest = harbour("GET", "/v1/endpoints", params={"cursor": first["next_cursor"]}).json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (made[2:], None)
    own = harbour("GET", "/v1/endpoints?partner=library").json()["items"]
    assert [item["id"] for item in own] == [made[1]]


_VERBS: tuple[tuple[str, str, Any], ...] = (
    ("GET", "", None), ("PATCH", "", {}), ("DELETE", "", None), ("POST", "/pause", None),
    ("POST", "/resume", None), ("POST", "/enable", None), ("POST", "/disable", None),
    ("POST", "/test", None), ("POST", "/rotate-secret", {}), ("GET", "/deliveries", None),
)  # fmt: skip


def test_another_partners_endpoint_is_404_whatever_is_asked(
    harbour: Api, caller: Callable[..., Api]
) -> None:
    a_partner(harbour, "library")
    other = an_endpoint(harbour, "library")
    before = endpoint_row(other["id"])
    own = caller(Scope.PARTNER, "harbour")
    for method, verb, body in _VERBS:
        answer = own(method, f"/v1/endpoints/{other['id']}{verb}", json=body)
        assert answer.status_code == 404, (method, verb)
    assert own("GET", "/v1/endpoints?partner=library").json()["items"] == []
    assert endpoint_row(other["id"]) == before


def test_a_partners_key_makes_its_own_endpoints_only(
    harbour: Api, caller: Callable[..., Api]
) -> None:
    a_partner(harbour, "library")
    own = caller(Scope.PARTNER, "harbour")
    assert own("POST", "/v1/endpoints", json={"url": URL}).json()["partner"] == "harbour"
    assert an_endpoint(own)["partner"] == "harbour"
    answer = own("POST", "/v1/endpoints", json={"partner": "library", "url": URL})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "partner", "message": "must be the key's own partner"}
    ]


@pytest.mark.parametrize(
    ("scope", "admitted"),
    [
        (Scope.OPERATE, {"GET ", "GET /deliveries", "POST /pause", "POST /resume", "POST /enable",
                         "POST /disable"}),
        (Scope.PUBLISH, set()),
        (Scope.PARTNER, {f"{method} {verb}" for method, verb, _ in _VERBS}),
    ],
)  # fmt: skip
def test_a_scope_reaches_this_far(
    harbour: Api, caller: Callable[..., Api], scope: Scope, admitted: set[str]
) -> None:
    api = caller(scope, "harbour" if scope is Scope.PARTNER else None)
    reached = set()
    for method, verb, body in _VERBS:
        answer = api(method, f"/v1/endpoints/{an_endpoint(harbour)['id']}{verb}", json=body)
        assert answer.is_success or answer.status_code == 403
        if answer.is_success:
            reached.add(f"{method} {verb}")
    assert reached == admitted


def test_a_key_is_asked_for_before_a_body_is_read(caller: Callable[..., Api]) -> None:
    nobody = caller()
    for method, path in (("POST", ""), ("PATCH", "/ep_x"), ("POST", "/ep_x/rotate-secret"),
                         ("POST", "/ep_x/resume")):  # fmt: skip
        assert nobody(method, f"/v1/endpoints{path}", content=b"{").status_code == 401
