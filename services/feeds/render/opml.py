"""OPML 2.0: the list of feeds for feed readers (http://opml.org/spec2.opml)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from lxml.etree import SubElement

from services.feeds.render.extension import rfc822

MEDIA_TYPE = "text/x-opml; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed to subscribe to; ``language`` where all its posts are in one."""

    title: str
    xml_url: str
    html_url: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """Feeds under one heading."""

    heading: str
    subscriptions: tuple[Subscription, ...]


def render(title: str, modified: datetime, outlines: Iterable[Outline]) -> bytes:
    """Return the document; ``modified`` is when the feeds last changed."""
    root = etree.Element("opml", version="2.0")
    head = SubElement(root, "head")
    SubElement(head, "title").text = title
    SubElement(head, "dateModified").text = rfc822(modified)
    SubElement(head, "docs").text = "http://opml.org/spec2.opml"
    body = SubElement(root, "body")
    for outline in outlines:
        group = SubElement(body, "outline", text=outline.heading, title=outline.heading)
        for subscription in outline.subscriptions:
            SubElement(group, "outline", _attributes(subscription))
    xml: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return xml


def _attributes(subscription: Subscription) -> dict[str, str]:
    attributes = {
        "type": "rss",
        "text": subscription.title,
        "title": subscription.title,
        "xmlUrl": subscription.xml_url,
        "htmlUrl": subscription.html_url,
    }
    if subscription.language is not None:
        attributes["language"] = subscription.language
    return attributes
