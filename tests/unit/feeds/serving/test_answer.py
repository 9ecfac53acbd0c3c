"""Answers: whole or unchanged, in each coding, with the header of that coding."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from unittest.mock import patch

import brotli
import pytest

from services.feeds.documents import document
from services.feeds.serving import answer
from services.feeds.serving.answer import Answer, Asked, Ready, asked
from services.feeds.serving.codings import pack
from tests.unit.feeds.serving.test_conditional import CHANGED, WHEN

BODY = b"<feed>" + b"a" * 1000 + b"</feed>"
DOCUMENT = document(BODY, "application/atom+xml; charset=utf-8", CHANGED, 7)
TAG = DOCUMENT.etag
BR_TAG = TAG[:-1] + '-br"'


def ready(**options: bool) -> Ready:
    return Ready(DOCUMENT, {"Cache-Control": "public", "Vary": "A-IM"}, **options)


def header(answer: Answer) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in answer.headers}


def test_the_whole_document_with_its_header() -> None:
    answer = ready().answer(Asked())
    assert (answer.status, answer.body) == (200, BODY)
    assert header(answer) == {
        "cache-control": "public",
        "vary": "Accept-Encoding, A-IM",
        "last-modified": WHEN,
        "etag": TAG,
        "content-type": "application/atom+xml; charset=utf-8",
        "content-length": str(len(BODY)),
    }


def test_each_coding_has_its_own_tag_and_length() -> None:
    answer = ready().answer(Asked(accept_encoding="br"))
    assert brotli.decompress(answer.body) == BODY
    found = header(answer)
    assert found["etag"] == BR_TAG
    assert found["content-encoding"] == "br"
    assert found["content-length"] == str(len(answer.body))


@pytest.mark.parametrize("tag", [TAG, BR_TAG, f'"x", W/{TAG}'])
def test_who_has_it_in_any_coding_has_it(tag: str) -> None:
    answer = ready().answer(Asked(accept_encoding="br", if_none_match=tag))
    assert (answer.status, answer.body) == (304, b"")
    assert header(answer) == {
        "cache-control": "public",
        "vary": "Accept-Encoding, A-IM",
        "last-modified": WHEN,
        "etag": BR_TAG,
    }


def test_without_a_date_the_date_says_nothing() -> None:
    undated = ready(dated=False)
    answer = undated.answer(Asked(if_modified_since=WHEN))
    assert answer.status == 200
    assert "last-modified" not in header(answer)


def test_it_is_packed_once() -> None:
    one = ready()
    wanted = Asked(accept_encoding="br")
    assert one.at_once(wanted) is None
    packed = one.answer(wanted)
    assert one.at_once(wanted) is packed
    assert one.size == len(BODY) + len(packed.body)


def test_a_crowd_waits_for_one_that_packs() -> None:
    body = bytes(range(256)) * 4096
    one = Ready(document(body, "application/atom+xml", CHANGED, 7), {})
    together = Barrier(8)

    def ask(_: int) -> Answer:
        together.wait(10)
        return one.answer(Asked(accept_encoding="br"))

    with ThreadPoolExecutor(8) as crowd, patch.object(answer, "pack", wraps=pack) as packing:
        answers = set(map(id, crowd.map(ask, range(8))))
    assert (len(answers), packing.call_count) == (1, 1)


def test_lists_may_come_in_several_lines() -> None:
    lines = [(b"if-none-match", b'"a"'), (b"host", b"x"), (b"if-none-match", b'"b"')]
    assert asked(lines) == Asked(if_none_match='"a", "b"')
    assert asked([]) == Asked()


@pytest.mark.parametrize(
    ("a_im", "tag", "wanted"),
    [
        ("feed", '"a"', True),
        ("vcdiff, feed;q=0.5", '"a"', True),
        ("Feed", '"a"', True),
        ("feed;q=0, vcdiff", '"a"', False),
        ("feed", None, False),
        ("vcdiff", '"a"', False),
        (None, '"a"', False),
    ],
)
def test_a_difference_is_wanted_by_who_says_so(
    a_im: str | None, tag: str | None, wanted: bool
) -> None:
    assert Asked(a_im=a_im, if_none_match=tag).wants_difference is wanted
