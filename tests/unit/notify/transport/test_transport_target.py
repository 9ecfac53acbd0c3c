"""URLs become targets and requests become bytes; nothing in either forges anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.transport.outcome import AttemptError, ErrorCode
from services.notify.transport.target import Origin, encode_request, parse_target


@pytest.mark.parametrize(
    ("url", "origin", "request_line"),
    [
        ("http://a.example", Origin(False, "a.example", 80), b"/ a.example"),
        ("https://a.example/x?y=1#z", Origin(True, "a.example", 443), b"/x?y=1 a.example"),
        ("https://A.Example:443?q", Origin(True, "a.example", 443), b"/?q A.Example"),
        ("http://a.example:8080/", Origin(False, "a.example", 8080), b"/ a.example:8080"),
        ("http://[::1]:81/h", Origin(False, "::1", 81), b"/h [::1]:81"),
        ("http://127.1/", Origin(False, "127.1", 80), b"/ 127.1"),
        ("HTTP://a.example/a b", Origin(False, "a.example", 80), b"/a%20b a.example"),
        ("https://한국.kr/", Origin(True, "xn--3e0b707e.kr", 443), b"/ xn--3e0b707e.kr"),
    ],
)
def test_a_url_is_taken_apart(url: str, origin: Origin, request_line: bytes) -> None:
    target = parse_target(url)
    path, host = request_line.split(b" ")
    assert target.origin == origin
    assert target.preamble == (
        b" %b HTTP/1.1\r\nhost: %b\r\naccept-encoding: identity\r\n" % (path, host)
    )


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a.example/", "file:///etc/passwd", "gopher://a.example", "//a.example", "a.example",
     "http://", "http:///x", "http://a.example:99999999/", "http://a.example:x/",
     "http://a\r\nx: y/", "javascript:alert(1)", "http://[::1/"],
)  # fmt: skip
def test_what_is_not_a_web_url_is_blocked(url: str) -> None:
    with pytest.raises(AttemptError) as caught:
        parse_target(url)
    assert caught.value.code is ErrorCode.BLOCKED


@given(st.text(alphabet=st.characters(min_codepoint=1, max_codepoint=0x3000), max_size=30))
def test_no_url_breaks_out_of_its_request_line(tail: str) -> None:
    try:
        target = parse_target(f"http://a.example/{tail}")
    except AttemptError:
        return
    assert target.origin == Origin(False, "a.example", 80)
    line, *rest = target.preamble.split(b"\r\n")
    assert line.count(b" ") == 2
    assert rest == [b"host: a.example", b"accept-encoding: identity", b""]


def test_userinfo_becomes_basic_authorization_and_leaves_the_url() -> None:
    target = parse_target("https://us%40er:p%3Aw@a.example/x")
    assert target.authorization == b"Basic dXNAZXI6cDp3"
    assert b"p%3Aw" not in target.preamble
    assert parse_target("https://a.example/x").authorization == b""


def test_a_request_is_framed_by_the_transport_alone() -> None:
    target = parse_target("http://a.example/x")
    headers = [
        (b"Content-Type", b"application/json"),
        (b"Host", b"evil.example"),
        (b"Content-Length", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"Accept-Encoding", b"gzip"),
        (b"Connection", b"upgrade"),
        (b"Expect", b"100-continue"),
        (b"webhook-id", b"evt_1"),
    ]
    assert encode_request(b"POST", target, headers, b"{}") == (
        b"POST /x HTTP/1.1\r\nhost: a.example\r\naccept-encoding: identity\r\n"
        b"Content-Type: application/json\r\nwebhook-id: evt_1\r\ncontent-length: 2\r\n\r\n{}"
    )


@pytest.mark.parametrize(("method", "framed"), [(b"GET", False), (b"HEAD", False), (b"POST", True)])
def test_an_empty_body_is_framed_where_one_is_expected(method: bytes, framed: bool) -> None:
    wire = encode_request(method, parse_target("http://a.example/"), [], b"")
    assert (b"content-length: 0\r\n" in wire) is framed
    assert wire.endswith(b"\r\n\r\n")
    assert wire.count(b"\r\n\r\n") == 1


@pytest.mark.parametrize(
    "value", [b"a\r\nx: y", b"a\nb", b"a\rb", b"a\0b", b"\r\n\r\nGET / HTTP/1.1"]
)
@pytest.mark.parametrize("in_name", [True, False])
def test_a_header_that_would_forge_another_is_refused(value: bytes, in_name: bool) -> None:
    header = (value, b"x") if in_name else (b"x", value)
    with pytest.raises(ValueError, match="line break or NUL"):
        encode_request(b"POST", parse_target("http://a.example/"), [header], b"\r\n\0")
