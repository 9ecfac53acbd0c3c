"""Rules for both XML formats: XML 1.0, RFC 3986, and stable bytes."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest

from services.feeds.render import plain
from services.feeds.render.formats import Format, render
from services.feeds.render.identity import entry_uri
from tests.conformance.feed_documents import NAMES, NS, Documents, documents

_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]|&#(?!x26;|x3C;|x3E;)"
)
_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?/[!-~]*")


def rule_1_utf8_declared_without_bom(docs: Documents) -> None:
    for xml in docs.xml:
        assert xml.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n")
        assert xml.decode("utf-8")


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


def rule_6_html_holds_nothing_that_runs(docs: Documents) -> None:
    for markup in _bodies(docs):
        names = {name for name, _ in _tags(markup)}
        assert not names & {"script", "style", "iframe", "object", "embed", "form", "base", "svg"}
        for _, attributes in _tags(markup):
            assert not [name for name in attributes if name == "style" or name.startswith("on")]


def rule_7_html_refers_to_nothing_relative(docs: Documents) -> None:
    for markup in _bodies(docs):
        for _, attributes in _tags(markup):
            sources = [part.split()[0] for part in attributes.get("srcset", "").split(", ") if part]
            for url in [*sources, *(attributes.get(name, "tel:") for name in ("href", "src"))]:
                assert urlsplit(url).scheme in {"http", "https", "mailto", "tel"}


def rule_7_html_is_what_was_sanitised(docs: Documents) -> None:
    given = [
        entry.content_html or plain.as_html(entry.content_text or "")
        for entry in docs.snapshot.entries
        if entry.has_content
    ]
    assert docs.in_atom("a:entry/a:content[@type='html']/text()") == given
    assert _bodies(docs) == given


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


def _bodies(docs: Documents) -> list[str]:
    """Return the HTML of RSS: in the description where there is no summary."""
    items = zip(docs.in_rss("item"), docs.snapshot.entries, strict=True)
    return [
        item.findtext("content:encoded" if entry.summary else "description", namespaces=NS)
        for item, entry in items
        if entry.has_content
    ]


def _tags(markup: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name: value or "" for name, value in attrs}))

    Tags().feed(markup)
    return found


RULES = [value for name, value in list(globals().items()) if name.startswith("rule_")]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_xml(rule: Callable[[Documents], None], name: str) -> None:
    rule(documents(name))
