"""Plain text where XML or HTML is written.

In XML its markup characters are hexadecimal references: the RSS Advisory Board's profile asks for
them, since some readers take ``&lt;`` in a title for the beginning of markup, and so does the W3C
feed validator, in Atom too. lxml cannot write them, so noncharacters hold their places until the
XML is bytes; clean text never has any.
"""

from html import escape

_HELD = {"&": "\ufdd0", "<": "\ufdd1", ">": "\ufdd2"}
_PLACES = str.maketrans(_HELD)
_REFERENCES = tuple(
    (place.encode(), f"&#x{ord(character):X};".encode()) for character, place in _HELD.items()
)


def held(text: str) -> str:
    """Return plain text with noncharacters in the places of its markup characters."""
    return text.translate(_PLACES)


def with_references(xml: bytes) -> bytes:
    """Return XML with a hexadecimal reference in every place that :func:`held` kept."""
    for place, reference in _REFERENCES:
        xml = xml.replace(place, reference)
    return xml


def as_html(text: str) -> str:
    """Return plain text as HTML: escaped, with its line ends."""
    return escape(text, quote=False).replace("\n", "<br>\n")
