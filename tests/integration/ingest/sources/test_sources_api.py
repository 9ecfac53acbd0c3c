"""Sources over HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.keys import Scope
from tests.integration.ingest.sources.feeds import Item, rss
from tests.support.origin import Origin
from tests.support.session import Api

URL = "https://city.example/feeds/news.atom"


def test_a_source_is_made_listed_read_and_deleted(admin: Api) -> None:
    made = admin("POST", "/v1/sources", json={"url": URL, "section": "news", "language": "KO"})
    assert made.status_code == 201
    source = made.json()
    assert source["id"].startswith("src_")
    assert source["next_poll_at"] is not None
    told = {name: source[name] for name in ("url", "section", "language", "state", "last_status")}
    assert told == {
        "url": URL,
        "section": "news",
        "language": "ko",
        "state": "active",
        "last_status": None,
    }
    assert admin("GET", "/v1/sources").json() == {"items": [source], "next_cursor": None}
    assert admin("GET", f"/v1/sources/{source['id']}").json() == source
    assert admin("DELETE", f"/v1/sources/{source['id']}").status_code == 204
    assert admin("GET", "/v1/sources").json()["items"] == []
    assert admin("GET", f"/v1/sources/{source['id']}").status_code == 404
    assert admin("DELETE", f"/v1/sources/{source['id']}").status_code == 404
    assert admin("POST", f"/v1/sources/{source['id']}/poll").status_code == 404


def test_the_same_url_again_is_the_same_source(admin: Api) -> None:
    first = admin("POST", "/v1/sources", json={"url": URL, "section": "news"})
    again = admin("POST", "/v1/sources", json={"url": URL, "section": "archives"})
    assert (again.status_code, again.json()["section"]) == (200, "archives")
    assert again.json()["id"] == first.json()["id"]


def test_a_deleted_source_comes_back_with_what_it_has_seen(
    admin: Api, origin: Origin, add: Callable[..., str], polled: Callable[[str], dict[str, Any]]
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1")])))
    polled(id)
    admin("DELETE", f"/v1/sources/{id}")
    assert add(origin.url + "/feed") == id
    origin.page("/feed", rss([Item("urn:1"), Item("urn:2")]))
    report = polled(id)["last_report"]
    assert (report["stored"], report["unchanged"], report["elsewhere"]) == (1, 1, 0)


def test_pages_of_sources(admin: Api) -> None:
    ids = [
        admin("POST", "/v1/sources", json={"url": f"{URL}?{n}", "section": "news"}).json()["id"]
        for n in range(3)
    ]
    first = admin("GET", "/v1/sources", params={"limit": 2}).json()
    rest = admin("GET", "/v1/sources", params={"cursor": first["next_cursor"]}).json()
    assert [source["id"] for source in first["items"] + rest["items"]] == ids
    assert rest["next_cursor"] is None


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"url": "ftp://city.example/f"}, "url", "must be an absolute http or https URL"),
        (
            {"url": "http://10.0.0.1/feed"},
            "url",
            "must not point into a private network (private network)",
        ),
        ({"section": "all"}, "section", "'all' is reserved: choose another section"),
        ({"language": "x"}, "language", "must be a BCP 47 language tag such as ko, en or en-US"),
        ({"colour": "red"}, "colour", "is not a field of this document"),
    ],
)
def test_a_bad_field_is_named(admin: Api, fields: dict[str, str], field: str, message: str) -> None:
    refused = admin("POST", "/v1/sources", json={"url": URL, "section": "news", **fields})
    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/problems/invalid-source")
    (error,) = refused.json()["errors"]
    assert error["field"] == field
    assert error["message"].startswith(message)


@pytest.mark.parametrize(
    ("scope", "reads", "writes"),
    [(Scope.PUBLISH, 200, 201), (Scope.OPERATE, 200, 403), (Scope.PARTNER, 403, 403)],
)
def test_who_may_what(
    caller: Callable[..., Api], admin: Api, scope: Scope, reads: int, writes: int
) -> None:
    partner = {"id": "harbour", "name": "Harbour", "language": "en", "timezone": "UTC"}
    admin("POST", "/v1/partners", json=partner)
    api = caller(scope, "harbour" if scope is Scope.PARTNER else None)
    assert api("GET", "/v1/sources").status_code == reads
    made = api("POST", "/v1/sources", json={"url": URL, "section": "news"})
    assert made.status_code == writes
