"""Partners over HTTP: made, read, changed, deleted; who may what."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from shared.keys import Scope, hash_secret
from tests.integration.notify.registry import a_partner, an_endpoint, partner_row
from tests.support.session import Api

INTEREST = {"sections": ["news"], "languages": ["ko"], "tags": []}


def test_a_new_partner_is_201_with_its_token_and_feeds(admin: Api) -> None:
    made = a_partner(admin, interest=INTEREST, contact="desk@harbour.example")
    token = made.pop("token")
    home = f"https://hub.example/p/{token}"
    assert made.pop("feeds") == {
        "all": f"{home}/all.atom", "news": f"{home}/news.atom",
        "digests": f"{home}/digests.atom",
    }  # fmt: skip
    assert made == {
        "id": "harbour", "name": "Harbour", "language": "en", "timezone": "Asia/Seoul",
        "interest": INTEREST,
        "digest": {"cadence": "none", "at": "08:00", "weekday": 1, "email": [], "empty": "skip"},
        "contact": "desk@harbour.example",
    }  # fmt: skip
    assert admin("GET", "/v1/partners/harbour").json() == made


def test_of_a_token_only_its_hash_is_stored(admin: Api) -> None:
    token = a_partner(admin)["token"]
    stored = partner_row("harbour")
    assert stored.token_hash == hash_secret(token)
    assert token not in str(stored)
    assert token not in admin("GET", "/v1/partners").text


def test_a_taken_id_is_409(admin: Api) -> None:
    first = a_partner(admin)
    document = {"id": "harbour", "name": "Other", "timezone": "UTC"}
    answer = admin("POST", "/v1/partners", json=document)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("/problems/conflict")
    assert admin("GET", "/v1/partners/harbour").json()["name"] == "Harbour"
    assert partner_row("harbour").token_hash == hash_secret(first["token"])


def test_of_many_that_make_the_same_partner_at_once_one_succeeds(admin: Api) -> None:
    document = {"id": "harbour", "name": "Harbour", "timezone": "UTC"}
    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(lambda _: admin("POST", "/v1/partners", json=document), range(12))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 11


@pytest.mark.parametrize(
    ("fields", "field"),
    [({"timezone": "Mars/Olympus"}, "timezone"), ({"language": "english"}, "language"),
     ({"id": "Harbour"}, "id"), ({"digest": {"at": "25:00"}}, "digest.at"),
     ({"interest": {"sections": ["all"]}}, "interest.sections.0"), ({"token": "x"}, "token")],
)  # fmt: skip
def test_a_bad_field_is_422_and_named(admin: Api, fields: dict[str, Any], field: str) -> None:
    document = {"id": "harbour", "name": "Harbour", "timezone": "UTC", **fields}
    answer = admin("POST", "/v1/partners", json=document)
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/problems/invalid-partner")
    assert [fault["field"] for fault in answer.json()["errors"]] == [field]
    assert admin("GET", "/v1/partners").json()["items"] == []


def test_a_patch_changes_what_it_names(admin: Api) -> None:
    a_partner(admin, interest=INTEREST, contact="x")
    answer = admin(
        "PATCH",
        "/v1/partners/harbour",
        json={"interest": {"tags": ["bus"]}, "digest": {"cadence": "daily"}, "contact": None},
    )
    assert answer.status_code == 200
    changed = admin("GET", "/v1/partners/harbour").json()
    assert answer.json() == changed
    assert changed["interest"] == {**INTEREST, "tags": ["bus"]}
    assert (changed["digest"]["cadence"], changed["digest"]["at"]) == ("daily", "08:00")
    assert changed["contact"] is None


@pytest.mark.parametrize("of", ["partners", "endpoints"])
def test_a_patch_may_say_that_it_is_a_merge_patch(admin: Api, of: str) -> None:
    a_partner(admin)
    id = "harbour" if of == "partners" else an_endpoint(admin)["id"]
    headers = {"content-type": "application/merge-patch+json"}
    answer = admin("PATCH", f"/v1/{of}/{id}", content=b"{}", headers=headers)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("patch", "fields"),
    [({"timezone": None}, ["timezone"]), ({"timezone": "x"}, ["timezone"]), ({"x": 1}, ["x"]),
     ({"id": "other"}, ["id"]), ([], None), ("x", None)],
)  # fmt: skip
def test_a_bad_patch_is_422_and_changes_nothing(
    admin: Api, patch: Any, fields: list[str] | None
) -> None:
    a_partner(admin)
    before = admin("GET", "/v1/partners/harbour").json()
    answer = admin("PATCH", "/v1/partners/harbour", json=patch)
    assert answer.status_code == 422
    found = [fault["field"] for fault in answer.json().get("errors", [])]
    assert found == (fields or [])
    assert admin("GET", "/v1/partners/harbour").json() == before


def test_patches_of_different_fields_at_once_all_count(admin: Api) -> None:
    a_partner(admin)
    patches = [{"interest": {"sections": ["news"]}}, {"interest": {"tags": ["bus"]}},
               {"digest": {"weekday": 5}}, {"digest": {"empty": "send"}},
               {"name": "Changed"}, {"contact": "desk"}]  # fmt: skip
    with ThreadPoolExecutor(6) as pool:
        answers = pool.map(lambda p: admin("PATCH", "/v1/partners/harbour", json=p), patches)
    assert [answer.status_code for answer in answers] == [200] * 6
    changed = admin("GET", "/v1/partners/harbour").json()
    assert changed["interest"] == {"sections": ["news"], "languages": [], "tags": ["bus"]}
    assert (changed["digest"]["weekday"], changed["digest"]["empty"]) == (5, "send")
    assert (changed["name"], changed["contact"]) == ("Changed", "desk")


def test_a_renewed_token_replaces_the_old_one_at_once(
    admin: Api, caller: Callable[..., Api]
) -> None:
    old = a_partner(admin)["token"]
    answer = admin("POST", "/v1/partners/harbour/token")
    assert answer.status_code == 200
    new = answer.json()["token"]
    assert set(answer.json()) == {"token", "feeds"}
    assert answer.json()["feeds"]["all"] == f"https://hub.example/p/{new}/all.atom"
    reader = caller()
    assert reader("GET", f"/p/{old}/all.atom").status_code == 404
    assert reader("GET", f"/p/{new}/all.atom").status_code == 200


def test_a_deleted_partner_is_gone_with_its_endpoints(admin: Api) -> None:
    token = a_partner(admin)["token"]
    endpoint = an_endpoint(admin)["id"]
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    for path in ("/v1/partners/harbour", f"/v1/endpoints/{endpoint}", f"/p/{token}/all.atom"):
        assert admin("GET", path).status_code == 404
    assert admin("DELETE", "/v1/partners/harbour").status_code == 404


def test_lists_are_walked_by_cursor(admin: Api) -> None:
    for id in ("c", "a", "b"):
        a_partner(admin, id)
    first = admin("GET", "/v1/partners?limit=2").json()
    assert [item["id"] for item in first["items"]] == ["a", "b"]
    rest = admin("GET", "/v1/partners", params={"cursor": first["next_cursor"]}).json()
    assert ([item["id"] for item in rest["items"]], rest["next_cursor"]) == (["c"], None)


def test_a_partners_key_sees_and_changes_its_own_wishes_only(
    admin: Api, caller: Callable[..., Api]
) -> None:
    a_partner(admin)
    a_partner(admin, "library")
    own = caller(Scope.PARTNER, "harbour")
    assert [item["id"] for item in own("GET", "/v1/partners").json()["items"]] == ["harbour"]
    assert own("GET", "/v1/partners/harbour").status_code == 200
    patch = {"interest": {"sections": ["news"]}, "digest": {"cadence": "weekly"}}
    assert own("PATCH", "/v1/partners/harbour", json=patch).status_code == 200
    for path in ("/v1/partners/library", "/v1/partners/nobody"):
        assert own("GET", path).status_code == 404
        assert own("PATCH", path, json=patch).status_code == 404
    assert own("PATCH", "/v1/partners/harbour", json={"name": "New"}).status_code == 403
    assert own("POST", "/v1/partners", json={}).status_code == 403
    assert own("DELETE", "/v1/partners/harbour").status_code == 403
    assert own("POST", "/v1/partners/harbour/token").status_code == 403


def test_an_operator_reads_and_a_publisher_does_not(admin: Api, caller: Callable[..., Api]) -> None:
    a_partner(admin)
    operator, publisher = caller(Scope.OPERATE), caller(Scope.PUBLISH)
    assert operator("GET", "/v1/partners/harbour").status_code == 200
    assert operator("PATCH", "/v1/partners/harbour", json={}).status_code == 403
    assert operator("POST", "/v1/partners", json={}).status_code == 403
    assert publisher("GET", "/v1/partners").status_code == 403


def test_a_key_is_asked_for_before_a_body_is_read(caller: Callable[..., Api]) -> None:
    nobody, publisher = caller(), caller(Scope.PUBLISH)
    for method, path in (("POST", "/v1/partners"), ("PATCH", "/v1/partners/harbour")):
        assert nobody(method, path, content=b"{").status_code == 401
        assert publisher(method, path, content=b"{").status_code == 403


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [(b"{", "application/json", 400), (b'{"id":"a","id":"b"}', "application/json", 422),
     (b"{}", "text/plain", 415), (b" " * (4 * 1024 * 1024 + 1), "application/json", 413)],
)  # fmt: skip
def test_bodies_are_read_strictly(admin: Api, body: bytes, media_type: str, status: int) -> None:
    answer = admin("POST", "/v1/partners", content=body, headers={"content-type": media_type})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
