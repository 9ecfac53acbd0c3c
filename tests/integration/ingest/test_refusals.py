"""Every bad request gets its status, its name and its field, and leaves nothing behind."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.keys import Scope
from tests.integration.ingest.submissions import JSON, NOTHING, a_post, stored
from tests.support.session import Api

MEBIBYTE = 1024 * 1024
AS_TEXT = json.dumps(a_post())
UNKNOWN = "is not a field of this document; begin the name with _ to pass an extension through"


def problem(answer: Any, status: int, name: str) -> list[tuple[str, str]]:
    """Check that an answer is this problem; return its fields and messages."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert (answer.status_code, document["status"]) == (status, status)
    assert document["type"] == f"https://hub.example/problems/{name}"
    assert document["title"]
    assert document["detail"]
    assert document["instance"].startswith("/")
    return [(fault["field"], fault["message"]) for fault in document.get("errors", [])]


def refused_with(text: str) -> bytes:
    """Return a good post's JSON with this written in at its end."""
    return f"{AS_TEXT[:-1]},{text}}}".encode()


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"subtitle": "x"}, "subtitle", UNKNOWN),
        ({"title": ""}, "title", "must have at least 1 character"),
        ({"url": "javascript:alert(1)"}, "url", "must be an absolute http or https URL"),
        ({"url": "JAVA\nSCRIPT:alert(1)"}, "url", "must be an absolute http or https URL"),
        ({"attachments": [{"url": "javascript:x", "mime_type": "a/b"}]}, "attachments.0.url",
         "must be an absolute http or https URL"),
        ({"image": "http://169.254.169.254/x"}, "image",
         "must not point into a private network (link-local)"),
        ({"date_published": "2026-03-01T09:00:00"}, "date_published",
         ("must be an RFC 3339 date-time with an offset, such as 2026-03-01T09:00:00+09:00, "
         "or a date alone")),
        ({"date_published": "0001-01-01"}, "date_published", "is out of range"),
        ({"section": "all"}, "section", "'all' is reserved: choose another section"),
        ({"content_html": "x" * (MEBIBYTE + 1)}, "content_html",
         "must not be larger than 1048576 bytes in UTF-8"),
        ({"url": "https://xn--a.example/", "content_html": "<a href='x'>x</a>"}, "url",
         ("has a host name that cannot be written in ASCII (Codepoint U+0080 at position 1 of "
         "'\\x80' not allowed)")),
    ],
)  # fmt: skip
def test_a_bad_field_is_422_and_named(
    admin: Api, fields: dict[str, Any], field: str, message: str
) -> None:
    answer = admin("POST", "/v1/posts", json=a_post(**fields))
    assert problem(answer, 422, "invalid-post") == [(field, message)]
    assert stored() == NOTHING


@pytest.mark.parametrize("field", ["id", "url", "title", "section", "language"])
def test_a_missing_field_is_422_and_named(admin: Api, field: str) -> None:
    without = {name: value for name, value in a_post().items() if name != field}
    answer = admin("POST", "/v1/posts", json=without)
    assert problem(answer, 422, "invalid-post") == [(field, "Field required")]
    assert stored() == NOTHING


def test_every_bad_field_is_named_at_once(admin: Api) -> None:
    answer = admin("POST", "/v1/posts", json={"id": "a", "tags": [""], "url": "x"})
    found = problem(answer, 422, "invalid-post")
    assert [field for field, _ in found] == ["url", "title", "section", "language", "tags.0"]


@pytest.mark.parametrize("value", [[], "post", 5, None])
def test_what_is_no_object_is_422(admin: Api, value: Any) -> None:
    answer = admin("POST", "/v1/posts", content=json.dumps(value), headers=JSON)
    assert problem(answer, 422, "invalid-post") == [("", "must be a JSON object")]


@pytest.mark.parametrize("body", [b"", b"{", b"not json", b"{'id': 1}", b"\xff\xfe", b"[" * 10**5])
def test_what_is_not_json_is_400(admin: Api, body: bytes) -> None:
    answer = admin("POST", "/v1/posts", content=body, headers=JSON)
    assert problem(answer, 400, "malformed") == []
    assert stored() == NOTHING


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        ('"title":"again"', "title", "the name stands twice in its object"),
        ('"_x":{"a":1,"a":2}', "_x.a", "the name stands twice in its object"),
        ('"_x":NaN', "_x", "NaN is not a JSON number"),
        ('"_x":-Infinity', "_x", "-Infinity is not a JSON number"),
        ('"_x":1e999', "_x", "is a number beyond the range of a double"),
        (f'"_x":{"1" * 5000}', "_x", "a number with more than 4000 digits cannot be stored"),
        ('"summary":"a\\u0000b"', "summary", "holds a NUL character: remove \\u0000"),
        ('"_x":["\\ud800"]', "_x.0",
         "holds half of a surrogate pair: send the whole character"),
    ],
)  # fmt: skip
def test_json_that_cannot_be_stored_is_422_and_named(
    admin: Api, text: str, field: str, message: str
) -> None:
    answer = admin("POST", "/v1/posts", content=refused_with(text), headers=JSON)
    assert problem(answer, 422, "invalid-post") == [(field, message)]
    assert stored() == NOTHING


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]
)
def test_another_content_type_is_415(admin: Api, media_type: str) -> None:
    headers = {"content-type": media_type} if media_type else {}
    for path in ("/v1/posts", "/v1/posts/batch"):
        answer = admin("POST", path, content=AS_TEXT, headers=headers)
        problem(answer, 415, "unsupported-media-type")
    assert stored() == NOTHING


def test_a_charset_beside_the_type_is_taken(admin: Api) -> None:
    headers = {"content-type": "application/JSON; charset=utf-8"}
    assert admin("POST", "/v1/posts", content=AS_TEXT, headers=headers).status_code == 201


def test_a_body_over_4_mib_is_413_by_its_declared_length(admin: Api) -> None:
    body = refused_with(f'"_x":"{"x" * 4 * MEBIBYTE}"')
    answer = admin("POST", "/v1/posts", content=body, headers=JSON)
    excess = f"has {len(body)} bytes; the limit is {4 * MEBIBYTE}"
    assert problem(answer, 413, "too-large") == [("body", excess)]
    assert stored() == NOTHING


def test_a_body_over_4_mib_is_413_also_where_it_comes_in_chunks(admin: Api) -> None:
    def endless() -> Iterator[bytes]:
        yield b'{"_x":"'
        for _ in range(66):
            yield b"x" * 65_536

    answer = admin("POST", "/v1/posts", content=endless(), headers=JSON)
    excess = f"has more than {4 * MEBIBYTE} bytes"
    assert problem(answer, 413, "too-large") == [("body", excess)]


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/v1/postss", "/posts/x/y"])
def test_an_unknown_route_is_404(admin: Api, path: str) -> None:
    problem(admin("GET", path), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/posts"), ("PATCH", "/v1/posts/a"), ("POST", "/v1/posts/a")],
)
def test_a_method_that_is_not_there_is_405(admin: Api, method: str, path: str) -> None:
    answer = admin(method, path)
    problem(answer, 405, "method-not-allowed")
    assert method not in answer.headers["allow"]


@pytest.mark.parametrize("path", ["/v1/posts/a%00b", "/v1/posts?section=%00", "/v1/posts?tag=a%00"])
def test_a_nul_in_an_address_is_400(admin: Api, path: str) -> None:
    problem(admin("GET", path), 400, "malformed")


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Basic dTpw", "Bearer nonsense", "Bearer pabal_abcd_short",
     f"Bearer pabal_0000000000000000_{'0' * 48}"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/v1/posts"), ("POST", "/v1/posts/batch"), ("GET", "/v1/posts"),
     ("GET", "/v1/posts/a"), ("GET", "/v1/posts/a/revisions"), ("DELETE", "/v1/posts/a")],
)  # fmt: skip
def test_without_a_known_key_everything_is_401(
    caller: Callable[..., Api], authorization: str | None, method: str, path: str
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    # The body is not even looked at.
    answer = caller()(method, path, content=b"{" if method == "POST" else None, headers=headers)
    problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer realm="pabal"'
    assert "0000000000" not in answer.text
    assert stored() == NOTHING


@pytest.mark.parametrize(
    ("scope", "call", "admitted"),
    [
        (Scope.PUBLISH, "POST /v1/posts", 201),
        (Scope.OPERATE, "POST /v1/posts", 403),
        (Scope.PARTNER, "POST /v1/posts", 403),
        (Scope.OPERATE, "POST /v1/posts/batch", 403),
        (Scope.PUBLISH, "GET /v1/posts", 200),
        (Scope.OPERATE, "GET /v1/posts", 200),
        (Scope.PARTNER, "GET /v1/posts", 403),
        (Scope.OPERATE, "GET /v1/posts/a", 404),
        (Scope.PARTNER, "GET /v1/posts/a", 403),
        (Scope.PUBLISH, "DELETE /v1/posts/a", 404),
        (Scope.OPERATE, "DELETE /v1/posts/a", 403),
    ],
)
def test_a_scope_reaches_this_far(
    admin: Api, caller: Callable[..., Api], scope: Scope, call: str, admitted: int
) -> None:
    partner = {"id": "harbour", "name": "Harbour", "timezone": "UTC"}
    admin("POST", "/v1/partners", json=partner)
    api = caller(scope, "harbour" if scope is Scope.PARTNER else None)
    method, path = call.split(" ")
    body = {"json": a_post()} if method == "POST" else {}
    answer = api(method, path, **body)
    assert answer.status_code == admitted
    if admitted == 403:
        problem(answer, 403, "forbidden")
        assert stored() == NOTHING


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("state=gone", "state")],
)
def test_a_bad_query_is_422_and_named(admin: Api, query: str, field: str) -> None:
    found = problem(admin("GET", f"/v1/posts?{query}"), 422, "invalid")
    assert [name for name, _ in found] == [field]


@pytest.mark.parametrize(
    "cursor",
    ["x", "!!!", "WyJ4IiwieSJd", "WzEsMl0", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwIiwieSJd", "e30", "é"],
)
def test_a_cursor_that_the_hub_did_not_make_is_400(admin: Api, cursor: str) -> None:
    problem(admin("GET", "/v1/posts", params={"cursor": cursor}), 400, "malformed")


@pytest.mark.parametrize("path", ["/v1/posts", "/v1/posts/batch"])
def test_a_packed_body_is_415(admin: Api, path: str) -> None:
    headers = {**JSON, "content-encoding": "gzip"}
    answer = admin("POST", path, content=gzip.compress(b"{}"), headers=headers)
    assert answer.status_code == 415
    assert answer.json()["detail"] == "the content encoding is gzip: send the body unpacked"
