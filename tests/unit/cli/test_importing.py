"""What ``pabal import`` makes of a source before it sends it, and of what is refused."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest

from services.cli.importing import MOST_BYTES, ROWS, pieces
from services.cli.importing_rows import Row, refused, rows
from services.cli.importing_source import Source
from shared.errors import Malformed
from shared.web.body import LIMIT

POST = {"id": "a", "title": "밤 버스"}
FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "Feed", "items": [POST, POST]}


def text(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def read(content: bytes, **defaults: str) -> list[Row]:
    return list(rows(Source(io.BytesIO(content)), defaults))


def values(content: bytes, **defaults: str) -> list[Any]:
    return [json.loads(row.text) for row in read(content, **defaults)]


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (text(POST), 1),
        (text(POST) + b"\n" + text(POST), 2),
        (b"\n \n" + text(POST) + b"\r\n\r\n" + text(POST) + b"\r\n", 2),
        (b"\xef\xbb\xbf" + text(POST), 1),
        (text([POST, POST]), 2),
        (text([POST], indent=2), 1),
        (text(FEED), 2),
        (text(FEED, indent=2), 2),
        (b"\n\n" + text(FEED, indent=2), 2),
        (text({"items": [POST]}), 1),
        (b"", 0),
        (b" \n\n", 0),
        (b"[]", 0),
    ],
)
def test_the_form_of_a_source_is_seen(content: bytes, count: int) -> None:
    assert values(content) == [POST] * count


def test_each_row_is_one_line() -> None:
    assert all(b"\n" not in row.text for row in read(text([POST, POST], indent=2)))


def test_a_post_with_items_of_its_own_is_a_row() -> None:
    row = {"id": "a", "items": []}
    assert values(text(row)) == [row]


def test_what_a_feed_says_of_its_items_fills_what_they_lack() -> None:
    feed = {**FEED, "items": [POST, {"id": "b", "language": "en"}, {}, 5], "language": "ko"}
    assert values(text(feed)) == [
        {"language": "ko", **POST}, {"id": "b", "language": "en"}, {"language": "ko"}, 5,
    ]  # fmt: skip


def test_the_command_knows_better_than_the_feed() -> None:
    feed = {**FEED, "items": [{"id": "b"}], "language": "ko"}
    assert values(text(feed), language="en", section="news") == [
        {"language": "en", "section": "news", "id": "b"}
    ]


@pytest.mark.parametrize("line", [b"nonsense", b"{nonsense}", b'{"id":"a","id":"b"}', b"5"])
def test_a_line_that_is_no_post_travels_as_it_is(line: bytes) -> None:
    assert read(text(POST) + b"\n" + line) == [Row(text(POST)), Row(line)]


@pytest.mark.parametrize("content", [b"[", b"[1 2]", b'{"items": [', b"{\n}", b'{\n"id": 1}'])
def test_a_document_that_is_broken_or_holds_no_rows_is_malformed(content: bytes) -> None:
    with pytest.raises(Malformed):
        read(content)


@pytest.mark.parametrize("end", [b"\n" + text(POST), b""])
def test_a_line_that_is_too_long_is_refused_and_the_next_one_read(end: bytes) -> None:
    found = read(text(POST) + b"\n" + b"x" * (3 * LIMIT) + end)
    assert found[1].fault == f"has more than {LIMIT} bytes"
    assert len(found[1].text) == 1000
    assert [row.text for row in found if row.fault is None] == [text(POST)] * (2 if end else 1)


def test_a_source_is_read_as_it_is_asked_for() -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            line = text(POST) + b"\n"
            buffer[: len(line)] = line
            self.read_bytes += len(line)
            return len(line)

    source = Endless()
    found = pieces(rows(Source(io.BufferedReader(source)), {}))
    assert [len(next(found)) for _ in range(3)] == [ROWS] * 3
    assert source.read_bytes < 4 * ROWS * len(text(POST))


@pytest.mark.parametrize("content", [text(POST), text([POST]), text(FEED)])
def test_a_byte_order_mark_is_not_sent(content: bytes) -> None:
    assert read(b"\xef\xbb\xbf" + content) == read(content)


RSS = """<?xml version="1.0"?><rss version="2.0"><channel><title>City</title>
<language>ko</language><item><guid>urn:2</guid><link>https://city.example/2</link>
<title>두째</title></item><item><guid>1</guid><link>https://city.example/1</link><title>One</title>
<category>a</category></item></channel></rss>"""


@pytest.mark.parametrize(
    "content", [RSS.encode(), b"\xef\xbb\xbf" + RSS.encode(), b"\n" + RSS.encode()]
)
def test_a_feed_is_rows_too_the_oldest_first(content: bytes) -> None:
    first, second = values(content, section="news")
    assert second == {
        "id": "urn:2",
        "url": "https://city.example/2",
        "title": "두째",
        "section": "news",
        "language": "ko",
    }
    assert first["id"].startswith("feed:")
    assert (first["title"], first["tags"]) == ("One", ["a"])
    assert values(content, section="news", language="en")[0]["language"] == "en"
    assert "section" not in values(content)[0]
    assert values(content) == values(content)


def test_a_feed_in_another_encoding_is_read() -> None:
    assert values(RSS.encode("utf-16"))[1]["title"] == "두째"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"<!doctype html><p>", "it is a web page, not a feed"),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><rss/>", "it declares a DTD, which is refused"),
        (b"<a/>", "it is no feed"),
    ],
)
def test_xml_that_is_no_feed_is_told_so(content: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        read(content)


def test_rows_travel_in_bounded_pieces_in_order() -> None:
    given = [Row(b"%d" % number) for number in range(2 * ROWS + 1)]
    sent = list(pieces(iter(given)))
    assert [len(piece) for piece in sent] == [ROWS, ROWS, 1]
    assert [row for piece in sent for row in piece] == given


def test_large_rows_travel_few_at_once() -> None:
    def large() -> Iterator[Row]:
        for _ in range(5):
            yield Row(b"x" * (MOST_BYTES // 2))

    assert [len(piece) for piece in pieces(large())] == [2, 2, 1]


RESULT = {
    "row": 7, "id": "a", "status": 422, "errors": [{"field": "url", "message": "Field required"}],
}  # fmt: skip


@pytest.mark.parametrize("row", [POST, {}, {"id": "a", "_x": [1]}])
def test_a_refused_row_keeps_its_reasons_and_may_be_imported_again(row: dict[str, Any]) -> None:
    line = refused(Row(text(row)), RESULT)
    reasons = {name: RESULT[name] for name in ("row", "status", "errors")}
    assert json.loads(line) == {**row, "_refused": reasons}
    assert values(line.encode()) == [row]


def test_a_refused_row_stays_as_it_was_written() -> None:
    line = refused(Row(b' {"id": "a", "id": "b"} '), RESULT)
    assert line.startswith('{"id": "a", "id": "b","_refused":')


@pytest.mark.parametrize("row", [b"nonsense", b"\xff" * 2000, b"5"])
def test_what_cannot_be_read_is_kept_as_text(row: bytes) -> None:
    kept = json.loads(refused(Row(row), RESULT))
    assert list(kept) == ["_refused"]
    assert kept["_refused"]["text"] == row[:1000].decode(errors="replace")
