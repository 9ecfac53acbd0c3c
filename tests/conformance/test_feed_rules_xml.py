"""Rules for both XML formats: XML 1.0, RFC 3986, and stable bytes."""

import re
from collections.abc import Callable

import pytest

from services.feeds.render.formats import Format, render
from services.feeds.render.identity import entry_uri
from tests.conformance.feed_documents import Documents, documents
from tests.unit.feeds.render.samples import SNAPSHOTS

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]|&#(?!x26;|x3C;|x3E;)"
)
_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:\d+)?/[!-~]*")


def rule_1_utf8_declared_without_bom(docs: Documents) -> None:
    for xml in docs.xml:
        assert xml.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
        assert xml.decode("utf-8").count("\ufeff") == 0


def rule_2_only_characters_that_readers_take(docs: Documents) -> None:
    for xml in docs.xml:
        assert _FORBIDDEN.search(xml.decode()) is None


def rule_3_no_dtd_and_no_entities(docs: Documents) -> None:
    for xml in docs.xml:
        assert b"<!" not in xml
        named = set(re.findall(rb"&([a-zA-Z]+);", xml))
        assert named <= {b"amp", b"lt", b"gt", b"quot"}


def rule_4_text_is_escaped_not_cdata(docs: Documents) -> None:
    for xml in docs.xml:
        assert b"<![CDATA[" not in xml
        assert b"]]>" not in xml


def rule_5_urls_are_absolute_and_ascii(docs: Documents) -> None:
    urls = [
        *docs.in_atom("//@href | //a:uri/text() | //@url"),
        *docs.in_rss("link/text() | item/link/text() | //@href | //@url"),
    ]
    assert urls
    for url in urls:
        assert _URL.fullmatch(url), url


def rule_6_and_7_html_is_what_was_sanitised(docs: Documents) -> None:
    given = [e.content_html for e in docs.snapshot.entries if e.content_html is not None]
    assert docs.in_atom("a:entry/a:content[@type='html']/text()") == given
    assert docs.in_rss("item/content:encoded/text()") == given


def rule_8_same_snapshot_same_bytes(docs: Documents) -> None:
    for form in Format:
        assert render(form, docs.snapshot) == docs.raw[form]


def rule_9_entries_stand_in_order(docs: Documents) -> None:
    ids = [entry_uri(entry.id) for entry in docs.snapshot.entries]
    assert docs.in_atom("a:entry/a:id/text()") == ids
    assert docs.in_rss("item/guid/text()") == ids
    assert [item["id"] for item in docs.json["items"]] == [e.id for e in docs.snapshot.entries]


def rule_10_no_stylesheet_instruction(docs: Documents) -> None:
    for xml in docs.xml:
        assert xml.count(b"<?") == 1


RULES = [value for name, value in list(globals().items()) if name.startswith("rule_")]


@pytest.mark.parametrize("sample", SNAPSHOTS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_xml(rule: Callable[[Documents], None], sample: str) -> None:
    rule(documents(SNAPSHOTS[sample]))
