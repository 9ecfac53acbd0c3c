"""How public documents leave: codings, differences, other sites' scripts, without Redis."""

import json
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager

import brotli
import httpx
import pytest
from lxml import etree

from shared.redis import redis
from tests.integration.feeds.scenes import ATOM, TYPES, published, read, withdrawn
from tests.support.session import Api

Away = Callable[..., AbstractContextManager[None]]
ENTRY = {"rss": ".//item", "atom": f"{ATOM}entry"}


def raw(admin: Api, path: str, **headers: str) -> tuple[httpx.Headers, bytes]:
    """Read a document as it travels."""
    with admin.http.stream("GET", path, headers=headers) as answer:
        assert answer.status_code == 200
        return answer.headers, b"".join(answer.iter_raw())


@pytest.mark.parametrize("form", TYPES)
def test_each_coding_is_another_representation(admin: Api, form: str) -> None:
    published(admin, "a", content_html="<p>" + "word " * 500 + "</p>")
    path = f"/feeds/news.{form}"
    plain, body = raw(admin, path, **{"Accept-Encoding": "identity"})
    packed, smaller = raw(admin, path, **{"Accept-Encoding": "br"})
    assert brotli.decompress(smaller) == body
    assert "content-encoding" not in plain
    assert (packed["content-encoding"], packed["content-length"]) == ("br", str(len(smaller)))
    assert packed["etag"] == plain["etag"][:-1] + '-br"'
    assert plain["vary"] == packed["vary"] == "Accept-Encoding, A-IM"
    for tag in (plain["etag"], packed["etag"]):
        assert admin("GET", path, headers={"If-None-Match": tag}).status_code == 304


def entry_count(form: str, answer: httpx.Response) -> int:
    if form == "json":
        return len(json.loads(answer.content)["items"])
    return len(etree.fromstring(answer.content).findall(ENTRY[form]))


@pytest.mark.parametrize("form", TYPES)
def test_who_says_what_it_has_gets_what_is_new(admin: Api, form: str) -> None:
    path = f"/feeds/news.{form}"
    for id in ("a", "b", "gone"):
        published(admin, id)
    base = read(admin, path).headers["etag"]
    difference = {"A-IM": "feed", "If-None-Match": f'"other", {base}'}
    assert admin("GET", path, headers=difference).status_code == 304
    published(admin, "a", title="Another title")
    published(admin, "c")
    withdrawn(admin, "gone")
    answer = admin("GET", path, headers=difference)
    whole = read(admin, path)
    assert answer.status_code == 226
    assert answer.headers["im"] == "feed"
    assert answer.headers["delta-base"].strip('"') in base
    assert answer.headers["etag"] == whole.headers["etag"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["link"] == whole.headers["link"]
    assert (entry_count(form, answer), entry_count(form, whole)) == (2, 3)
    assert "Another title" in answer.text
    assert "Title of c" in answer.text
    assert "Title of b" not in answer.text
    # Applied, it is the whole: its tag says that the client has that one now.
    current = {"A-IM": "feed", "If-None-Match": answer.headers["etag"]}
    assert admin("GET", path, headers=current).status_code == 304


def test_a_translation_that_comes_changes_the_other_entry(admin: Api) -> None:
    published(admin, "a")
    published(admin, "b")
    base = read(admin, "/feeds/en/news.json").headers["etag"]
    published(admin, "c", language="ko", translation_of="a")
    given = {"A-IM": "feed", "If-None-Match": base}
    answer = admin("GET", "/feeds/en/news.json", headers=given)
    assert [item["id"] for item in answer.json()["items"]] == ["a"]


def test_without_a_version_that_is_remembered_the_whole_comes(admin: Api) -> None:
    published(admin, "a")
    path = "/feeds/news.json"
    base = read(admin, path).headers["etag"]
    published(admin, "b")
    assert read(admin, path, **{"A-IM": "feed", "If-None-Match": '"0"'}).status_code == 200
    assert read(admin, path, **{"A-IM": "feed"}).status_code == 200
    assert read(admin, path, **{"A-IM": "vcdiff", "If-None-Match": base}).status_code == 200
    redis().flushall()
    whole = read(admin, path, **{"A-IM": "feed", "If-None-Match": base})
    assert [item["id"] for item in whole.json()["items"]] == ["b", "a"]


def test_a_document_that_redis_read_from_its_disk_is_not_given_out(admin: Api) -> None:
    published(admin, "a")
    before = read(admin, "/feeds/news.json").headers["etag"]
    published(admin, "b")
    key = "pabal:document:/feeds/news.json"
    # As if the last writes had been lost when it was killed.
    redis().hset(key, mapping={"run": "another", "etag": '"old"', "body": b"old", "as_of": 99})
    answer = read(admin, "/feeds/news.json")
    assert [item["id"] for item in answer.json()["items"]] == ["b", "a"]
    assert answer.headers["etag"] != before
    assert redis().hget(key, "as_of") == b"2"


def test_scripts_of_other_sites_may_ask_with_validators(admin: Api) -> None:
    published(admin, "a")
    answer = admin(
        "OPTIONS",
        "/feeds/news.json",
        headers={
            "Origin": "https://reader.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, HEAD"
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    shown = read(admin, "/feeds/news.json").headers["access-control-expose-headers"]
    assert shown == "ETag, Last-Modified, Link, IM, Delta-Base"


def test_a_redis_that_is_silent_is_waited_for_once(admin: Api, redis_away: Away) -> None:
    published(admin, "a")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with redis_away(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"):
            assert read(admin, "/feeds/news.json").status_code == 200
        silent.setblocking(False)
        silent.accept()[0].close()
        # Each connection waits for a second.
        with pytest.raises(BlockingIOError):
            silent.accept()
