"""What ``pabal import`` makes of a file before it sends it."""

import json

import pytest

from services.cli.importing import JSON, JSON_FEED, MOST_BYTES, NDJSON, ROWS, pieces

POST = {"id": "a", "title": "밤 버스"}
FEED = {"version": "https://jsonfeed.org/version/1.1", "title": "Feed", "items": [POST]}


def text(value: object, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (text(POST), NDJSON),
        (text(POST) + b"\n" + text(POST), NDJSON),
        (b"\n \n" + text(POST) + b"\r\n", NDJSON),
        (text([POST, POST]), JSON),
        (text([POST], indent=2), JSON),
        (text(FEED), JSON_FEED),
        (text(FEED, indent=2), JSON_FEED),
    ],
)
def test_the_kind_of_a_file_is_seen(content: bytes, kind: str) -> None:
    assert [given for given, _ in pieces(content)] == [kind]


@pytest.mark.parametrize("content", [text(POST), text([POST]), text(FEED)])
def test_a_byte_order_mark_is_not_sent(content: bytes) -> None:
    assert list(pieces(b"\xef\xbb\xbf" + content)) == list(pieces(content))


def test_rows_travel_in_bounded_pieces_in_order() -> None:
    rows = [text({"id": str(number)}) for number in range(2 * ROWS + 1)]
    sent = list(pieces(b"\n".join(rows)))
    assert [len(piece.splitlines()) for _, piece in sent] == [ROWS, ROWS, 1]
    assert b"\n".join(piece for _, piece in sent).splitlines() == rows


def test_large_rows_travel_in_pieces_that_the_hub_takes() -> None:
    rows = [text({"id": str(number), "content_text": "x" * 12_000_000}) for number in range(3)]
    sent = list(pieces(b"\n".join(rows)))
    assert [len(piece.splitlines()) for _, piece in sent] == [2, 1]
    assert all(len(piece) <= MOST_BYTES for _, piece in sent)


def test_an_empty_file_is_no_piece() -> None:
    assert list(pieces(b" \n\n")) == []
