"""The links of a document and of its entries (RFC 4287, 4946, 5005, W3C WebSub)."""

from dataclasses import dataclass

from services.feeds.render.media import Format
from services.feeds.render.snapshot import Entry, Links
from shared.schema.post import Attachment

PAGE = "text/html"


@dataclass(frozen=True, slots=True)
class Link:
    """An ``atom:link``, in Atom or in RSS; ``length`` in bytes."""

    rel: str
    href: str
    type: str | None = None
    hreflang: str | None = None
    title: str | None = None
    length: int | None = None

    def attributes(self) -> dict[str, str]:
        """Return the attributes that are set, in a fixed order."""
        pairs = {
            "rel": self.rel,
            "type": self.type,
            "hreflang": self.hreflang,
            "title": self.title,
            "length": None if self.length is None else str(self.length),
            "href": self.href,
        }
        return {name: value for name, value in pairs.items() if value is not None}


def document_links(links: Links, form: Format) -> list[Link]:
    """Return what a document points to besides itself and its home: hub and archive pages."""
    pages = (("prev-archive", links.older), ("next-archive", links.newer),
             ("current", links.current))  # fmt: skip
    return [
        *([] if links.hub is None else [Link("hub", links.hub)]),
        *(Link(rel, urls.of(form), form.mime_type) for rel, urls in pages if urls is not None),
    ]


def translations(entry: Entry) -> list[Link]:
    """Return one alternate for each other language (RFC 4287, section 4.1.2)."""
    by_language = {
        translation.language.lower(): Link("alternate", translation.url, PAGE, translation.language)
        for translation in reversed(entry.translations)
    }
    by_language.pop(entry.language.lower(), None)
    return [by_language[language] for language in sorted(by_language)]


def alternates(entry: Entry) -> list[Link]:
    """Return the entry's page and its translations for Atom.

    Some readers take the first alternate for the entry's page and others the last, so the page
    stands at both ends, which differ in type and language as section 4.1.1 demands.
    """
    page = Link("alternate", entry.url, PAGE, entry.language)
    others = translations(entry)
    return [Link("alternate", entry.url), *others, page] if others else [page]


def references(entry: Entry) -> list[Link]:
    """Return the page that the entry is about, and its licence (RFC 4946)."""
    return [
        *([] if entry.external_url is None else [Link("related", entry.external_url)]),
        *([] if entry.license is None else [Link("license", entry.license)]),
    ]


def enclosure(attachment: Attachment) -> Link:
    """Return the link to an attachment."""
    return Link(
        "enclosure",
        attachment.url,
        attachment.mime_type,
        title=attachment.title,
        length=attachment.size_in_bytes,
    )
