"""Validators and headers of public feeds: stable, strong, and honoured."""

import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx
import pytest

from shared.redis import redis
from tests.integration.feeds.scenes import TYPES, ids, published, read, validators
from tests.support.session import Api

PRINT_DOCUMENTS = """
import sys
from services.feeds import public
from services.feeds.definition import parse
for path in sys.argv[1:]:
    document = public.find(*parse(path))
    print(document.etag, document.last_modified.isoformat(), document.body.hex())
"""


@pytest.mark.parametrize("form", TYPES)
def test_a_document_may_be_kept_and_read_from_anywhere(admin: Api, form: str) -> None:
    published(admin, "a")
    headers = read(admin, f"/feeds/news.{form}").headers
    assert headers["cache-control"] == "public, max-age=900"
    assert headers["access-control-allow-origin"] == "*"
    assert headers["etag"].startswith('"')
    assert "set-cookie" not in headers


@pytest.mark.parametrize("form", TYPES)
def test_who_has_the_document_gets_304_with_its_headers(admin: Api, form: str) -> None:
    published(admin, "a")
    full = read(admin, f"/feeds/news.{form}")
    given = ("If-None-Match", full.headers["etag"]), ("If-Modified-Since", _date(full))
    for name, value in given:
        answer = admin("GET", f"/feeds/news.{form}", headers={name: value})
        assert answer.status_code == 304
        assert answer.content == b""
        for kept in ("etag", "last-modified", "cache-control", "link"):
            assert answer.headers[kept] == full.headers[kept]
        assert "content-type" not in answer.headers


def test_who_has_another_document_gets_this_one(admin: Api) -> None:
    published(admin, "a")
    before = read(admin, "/feeds/news.atom")
    published(admin, "b")
    read(admin, "/feeds/news.atom", **{"If-None-Match": before.headers["etag"]})


@pytest.mark.parametrize("form", TYPES)
def test_head_tells_what_get_tells(admin: Api, form: str) -> None:
    published(admin, "a")
    full, head = (admin(method, f"/feeds/news.{form}") for method in ("GET", "HEAD"))
    assert head.status_code == 200
    assert head.content == b""
    changing = {"x-request-id", "date"}
    assert {name: full.headers[name] for name in full.headers if name not in changing} == {
        name: head.headers[name] for name in head.headers if name not in changing
    }


def test_the_same_state_has_the_same_bytes_whoever_renders_it(admin: Api) -> None:
    published(admin, "a", tags=["t"])
    published(admin, "b", language="ko", translation_of="a")
    paths = [f"{feed}.{form}" for feed in ("all", "ko/news", "tag/t") for form in TYPES]
    held = [read(admin, f"/feeds/{path}") for path in paths]
    redis().flushall()
    asked = [read(admin, f"/feeds/{path}") for path in paths]
    assert [_seen(answer) for answer in held] == [_seen(answer) for answer in asked]
    redis().flushall()
    for line, answer in zip(_documents_of_another_process(paths), held, strict=True):
        etag, _, body = line.split()
        plain = answer.headers["etag"].replace('-gzip"', '"').replace('-br"', '"')
        assert (etag, bytes.fromhex(body)) == (plain, answer.content)


def test_feeds_are_served_without_redis(
    admin: Api, redis_away: Callable[[], AbstractContextManager[None]]
) -> None:
    published(admin, "a")
    before = validators(admin, "/feeds/news")
    with redis_away():
        assert ids(admin, "/feeds/news") == ["a"]
        assert validators(admin, "/feeds/news") == before
        assert admin("GET", "/feeds/none.atom").status_code == 404


def _date(answer: httpx.Response) -> str:
    return str(answer.headers["last-modified"])


def _seen(answer: httpx.Response) -> tuple[bytes, str, str]:
    headers = answer.headers
    return answer.content, headers["etag"], headers["last-modified"]


def _documents_of_another_process(paths: list[str]) -> list[str]:
    printed = subprocess.run(
        [sys.executable, "-c", PRINT_DOCUMENTS, *paths],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [line for line in printed.stdout.splitlines() if line.startswith('"')]
