"""The reader of responses: the same result however the bytes are cut, and a bound on everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.transport.response import BODY_LIMIT, HEAD_LIMIT, ResponseReader

OK = b"HTTP/1.1 200 OK\r\n"

WHOLE = {
    "length": OK + b"content-length: 2\r\n\r\nhi",
    "chunked": OK + b"transfer-encoding: chunked\r\n\r\n1;x=y\r\nh\r\n1\r\ni\r\n"
    b"0\r\nx-t: 1\r\n\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n"
    + OK + b"content-length: 2\r\n\r\nhi",
    "lone line feeds": b"HTTP/1.1 200 OK\ncontent-length: 2\n\nhi",
    "an offer to upgrade": OK + b"upgrade: h2c\r\nconnection: upgrade\r\n"
    b"content-length: 2\r\n\r\nhi",
}  # fmt: skip


def read(*pieces: bytes, **options: bool) -> ResponseReader:
    reader = ResponseReader(**options)
    for piece in pieces:
        reader.feed(piece)
    return reader


@pytest.mark.parametrize("response", WHOLE.values(), ids=WHOLE.keys())
@given(data=st.data())
def test_a_response_reads_the_same_however_it_is_cut(response: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, len(response) - 1))))
    pieces = [response[a:b] for a, b in zip([0, *cuts], [*cuts, len(response)], strict=True)]
    reader = read(*pieces)
    assert (reader.status, bytes(reader.body), reader.error) == (200, b"hi", None)
    assert reader.head_complete
    assert reader.done
    assert reader.body_complete
    assert reader.reusable
    assert b"link" not in dict(reader.headers)
    assert b"x-t" not in dict(reader.headers)


@given(st.lists(st.binary(max_size=200), max_size=8), st.booleans())
def test_no_bytes_make_it_raise(pieces: list[bytes], after_a_head: bool) -> None:
    reader = read(*([OK] if after_a_head else []), *pieces)
    reader.end()
    assert reader.done
    assert reader.error is None or not reader.head_complete


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.2\r\n", "Expected HTTP/, RTSP/ or ICE/"),
        (b"\x15\x03\x01\x00\x02\x02\x46", "Expected HTTP/, RTSP/ or ICE/"),
        (OK + b"content-length: -1\r\n\r\n", "Invalid character in Content-Length"),
        (OK + b"x: a\0b\r\n\r\n", "Invalid header value char"),
        (
            OK + b"content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
            "Transfer-Encoding can't be present with Content-Length",
        ),
        (b"HTTP/1.1 099 Odd\r\n\r\n", "status 99 was not asked for"),
        (b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nx",
         "status 101 was not asked for"),
        (b"HTTP/1.1 101 Switching\r\n\r\n", "status 101 was not asked for"),
    ],
)  # fmt: skip
def test_a_broken_head_is_an_error(response: bytes, error: str) -> None:
    reader = read(response)
    assert reader.error == error
    assert reader.done
    assert not reader.head_complete
    assert not reader.reusable


def test_nothing_decides_after_a_protocol_error() -> None:
    reader = read(b"HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n" + OK + b"\r\n")
    assert not reader.head_complete
    assert reader.status == 0


@pytest.mark.parametrize(
    "body",
    [b"transfer-encoding: chunked\r\n\r\nzz\r\n", b"content-length: 1\r\n\r\nab",
     b"content-length: 0\r\n\r\n" + OK],
)  # fmt: skip
def test_what_breaks_after_the_head_costs_only_the_connection(body: bytes) -> None:
    reader = read(OK + body)
    assert (reader.status, reader.error) == (200, None)
    assert reader.done
    assert not reader.reusable


def test_a_second_response_changes_nothing_of_the_first() -> None:
    reader = read(OK + b"content-length: 0\r\n\r\n" + WHOLE["chunked"])
    assert (reader.status, bytes(reader.body), len(reader.headers)) == (200, b"", 1)


def test_bytes_after_the_end_cost_the_connection() -> None:
    reader = read(WHOLE["length"])
    assert reader.reusable
    reader.feed(b"HTTP/1.1 500 No\r\n\r\n")
    assert reader.status == 200
    assert not reader.reusable


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_body_ends_with_its_head(status: int) -> None:
    reader = read(b"HTTP/1.1 %d X\r\ncontent-length: 5\r\n\r\n" % status)
    assert reader.status == status
    assert reader.reusable


def test_the_answer_to_head_has_no_body_and_its_connection_is_not_kept() -> None:
    reader = read(OK + b"content-length: 5\r\n\r\n", bodiless=True)
    assert reader.body_complete
    assert not reader.reusable


@pytest.mark.parametrize("version", [b"HTTP/1.0 200 OK\r\n", OK + b"connection: close\r\n"])
def test_a_connection_that_the_peer_will_close_is_not_kept(version: bytes) -> None:
    reader = read(version + b"content-length: 2\r\n\r\nhi")
    assert reader.body_complete
    assert not reader.reusable


def test_a_body_of_unstated_length_ends_with_the_stream() -> None:
    reader = read(OK + b"\r\nabc")
    assert not reader.done
    reader.end()
    assert reader.done
    assert reader.body_complete
    assert bytes(reader.body) == b"abc"
    assert not reader.reusable


@pytest.mark.parametrize(
    "framing", [b"content-length: 9\r\n\r\n", b"transfer-encoding: Chunked\r\n\r\n9\r\n"]
)
def test_a_body_that_ends_early_is_not_complete(framing: bytes) -> None:
    reader = read(OK + framing + b"abc")
    reader.end()
    assert reader.done
    assert not reader.body_complete
    assert bytes(reader.body) == b"abc"


def test_a_head_without_end_is_an_error_soon_after_the_limit() -> None:
    reader = ResponseReader()
    reader.feed(OK)
    fed = len(OK)
    while not reader.done and fed < 10 * HEAD_LIMIT:
        reader.feed(b"x: " + b"y" * 995 + b"\r\n")
        fed += 1000
    assert reader.error == "the response header is too large"
    assert fed <= HEAD_LIMIT + 1000


def test_interim_responses_without_end_are_an_error_too() -> None:
    reader = ResponseReader()
    for _ in range(2 * HEAD_LIMIT // 25):
        reader.feed(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert reader.error == "the response header is too large"


def test_a_body_is_cut_at_its_limit() -> None:
    reader = read(OK + b"content-length: 1000000\r\n\r\n", b"x" * BODY_LIMIT)
    assert not reader.done
    reader.feed(b"yz")
    assert reader.done
    assert not reader.body_complete
    assert not reader.reusable
    assert bytes(reader.body) == b"x" * BODY_LIMIT


def test_a_body_of_just_the_limit_is_whole() -> None:
    reader = read(OK + b"content-length: %d\r\n\r\n" % BODY_LIMIT, b"x" * BODY_LIMIT)
    assert reader.reusable


def test_framing_without_content_is_bounded_too() -> None:
    reader = read(OK + b"transfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n")
    for _ in range(100):
        reader.feed(b"trailer: " + b"x" * 1000 + b"\r\n")
    assert reader.done
    assert not reader.body_complete
    assert reader.status == 200


@pytest.mark.parametrize(
    ("head", "expected"),
    [(b"", None), (b"Retry-After:  120 \r\n", "120"),
     (b"retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n", "Wed, 21 Oct 2026 07:28:00 GMT"),
     (b"retry-after: 1\r\nretry-after: 2\r\n", "1")],
)  # fmt: skip
def test_retry_after_is_given_as_sent(head: bytes, expected: str | None) -> None:
    reader = read(b"HTTP/1.1 503 No\r\n" + head + b"content-length: 0\r\n\r\n")
    assert reader.retry_after() == expected
