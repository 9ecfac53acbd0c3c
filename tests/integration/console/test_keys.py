"""API keys over HTTP: made, listed without secrets, deleted and dead at once."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select

from shared.db import engine
from shared.db.console import key as key_table
from shared.keys import Scope, hash_secret, parse_key
from shared.web.auth import KNOWN_SECONDS
from tests.support.polling import until
from tests.support.session import Api


def make(api: Api, **fields: Any) -> dict[str, Any]:
    answer = api("POST", "/v1/keys", json=fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def bearer(text: str) -> dict[str, str]:
    return {"authorization": f"Bearer {text}"}


@pytest.fixture
def harbour(admin: Api) -> Api:
    partner = {"id": "harbour", "name": "Harbour", "timezone": "UTC"}
    assert admin("POST", "/v1/partners", json=partner).status_code == 201
    return admin


@pytest.mark.parametrize("scope", ["publish", "operate", "admin"])
def test_a_new_key_is_201_and_works_at_once(admin: Api, scope: str) -> None:
    made = make(admin, scope=scope, name="newsroom")
    key = parse_key(made["key"])
    assert made.pop("created_at").endswith("Z")
    assert made == {
        "id": key.id, "scope": scope, "partner": None, "name": "newsroom", "key": key.text,
    }  # fmt: skip
    assert admin("GET", "/v1/posts", headers=bearer(key.text)).status_code == 200


def test_a_partners_key_is_bound_to_its_partner(harbour: Api) -> None:
    made = make(harbour, scope="partner", partner="harbour")
    assert (made["partner"], made["name"]) == ("harbour", None)
    listed = harbour("GET", "/v1/partners", headers=bearer(made["key"])).json()
    assert [item["id"] for item in listed["items"]] == ["harbour"]


def test_of_a_key_only_a_hash_is_stored_and_nothing_shown_again(admin: Api) -> None:
    made = make(admin, scope="publish")
    secret = parse_key(made["key"]).secret
    with engine.transaction() as connection:
        row = connection.execute(select(key_table).where(key_table.c.id == made["id"])).one()
    assert row.secret_hash == hash_secret(secret)
    assert secret not in str(row)
    listed = admin("GET", "/v1/keys")
    assert secret not in listed.text
    shown = {name: value for name, value in made.items() if name != "key"}
    assert shown in listed.json()["items"]


def test_lists_are_walked_by_cursor(admin: Api) -> None:
    made = {make(admin, scope="publish")["id"] for _ in range(4)}
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        document = admin("GET", "/v1/keys", params=params).json()
        assert len(document["items"]) <= 2
        seen += [item["id"] for item in document["items"]]
        cursor = document["next_cursor"]
    assert seen == sorted(set(seen))
    assert made < set(seen)
    assert len(seen) == 5


def test_a_deleted_key_is_dead_at_once(admin: Api) -> None:
    made = make(admin, scope="publish")
    headers = bearer(made["key"])
    assert admin("GET", "/v1/posts", headers=headers).status_code == 200
    assert admin("DELETE", f"/v1/keys/{made['id']}").status_code == 204
    dead = admin("GET", "/v1/posts", headers=headers)
    assert dead.status_code == 401
    assert parse_key(made["key"]).secret not in dead.text
    assert admin("DELETE", f"/v1/keys/{made['id']}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, [("scope", "Field required")]),
        ({"scope": "root"},
         [("scope", "Input should be 'publish', 'partner', 'operate' or 'admin'")]),
        ({"scope": "partner"},
         [("partner", "is needed for the scope partner, and for no other")]),
        ({"scope": "admin", "partner": "harbour"},
         [("partner", "is needed for the scope partner, and for no other")]),
        ({"scope": "partner", "partner": "nobody"},
         [("partner", "is not a partner of this hub")]),
        ({"scope": "publish", "name": "x" * 201},
         [("name", "must have at most 200 characters")]),
        ({"scope": "publish", "key": "x"},
         [("key", "is not a field of this document")]),
    ],
)  # fmt: skip
def test_a_bad_field_is_422_and_named(
    harbour: Api, fields: dict[str, Any], found: list[tuple[str, str]]
) -> None:
    answer = harbour("POST", "/v1/keys", json=fields)
    assert answer.status_code == 422
    assert [(fault["field"], fault["message"]) for fault in answer.json()["errors"]] == found
    assert len(harbour("GET", "/v1/keys").json()["items"]) == 1


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [(b"{", "application/json", 400), (b'{"scope":"admin","scope":"publish"}', "application/json",
     422), (b'{"scope":"publish","name":"\\u0000"}', "application/json", 422),
     (b"{}", "text/plain", 415), (b" " * (4 * 1024 * 1024 + 1), "application/json", 413)],
)  # fmt: skip
def test_bodies_are_read_strictly(admin: Api, body: bytes, media_type: str, status: int) -> None:
    answer = admin("POST", "/v1/keys", content=body, headers={"content-type": media_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("scope", [None, Scope.PUBLISH, Scope.OPERATE])
def test_keys_are_for_administrators(caller: Callable[..., Api], scope: Scope | None) -> None:
    api = caller(scope)
    for method, path in (("GET", "/v1/keys"), ("POST", "/v1/keys"), ("DELETE", "/v1/keys/x")):
        assert api(method, path).status_code == (401 if scope is None else 403)


def test_a_key_that_was_deleted_elsewhere_is_dead_within_a_second(admin: Api) -> None:
    made = make(admin, scope="publish")
    assert admin("GET", "/v1/posts", headers=bearer(made["key"])).status_code == 200
    with engine.transaction() as connection:
        connection.execute(delete(key_table).where(key_table.c.id == made["id"]))
    began = time.monotonic()

    def dead() -> bool:
        return admin("GET", "/v1/posts", headers=bearer(made["key"])).status_code == 401

    until(dead, "the key to be dead")
    assert KNOWN_SECONDS < 1
    # One look-up more, on a machine that may be busy.
    assert time.monotonic() - began < 5
