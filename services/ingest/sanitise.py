"""HTML that can be shown anywhere; text of HTML, and HTML of text. Pure."""

import html
import re
from collections.abc import Iterator

import nh3

from shared import urls
from shared.errors import FieldError, InvalidPost
from shared.schema.fields import BODY_LIMIT
from shared.schema.post import Post
from shared.text import clean

TAGS = frozenset(
    {
        "a", "abbr", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd",
        "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2", "h3",
        "h4", "h5", "h6", "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "rp",
        "rt", "ruby", "s", "samp", "small", "span", "strong", "sub", "summary", "sup", "table",
        "tbody", "td", "tfoot", "th", "thead", "time", "tr", "u", "ul", "var",
    }
)  # fmt: skip
"""What may stand in a post's HTML; everything else is dropped, its text kept."""

ATTRIBUTES = {
    "*": {"lang", "dir", "title"},
    "a": {"href", "hreflang"},
    "col": {"span"},
    "colgroup": {"span"},
    "del": {"datetime"},
    "img": {"src", "srcset", "sizes", "alt", "width", "height"},
    "ins": {"datetime"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "time": {"datetime"},
}
"""Which attributes may stand there; ``*`` means on every element."""

SCHEMES = frozenset({"http", "https", "mailto", "tel"})
"""Where links may lead."""

DROPPED = frozenset(
    {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "title"}
)
"""What goes with all that stands in it: that is code or data, not text."""

LONGEST_SRCSET = 8192
"""Characters of a ``srcset``; a longer one is dropped."""

_DESCRIPTOR = re.compile(r"([0-9]{1,9}w|[0-9]{1,9}(\.[0-9]{1,9})?x)?", re.ASCII)
_PARAGRAPHS = re.compile(r"\n(?:[^\S\n]*\n)+")
_BLOCK_END = re.compile(
    r"</(?:p|div|h[1-6]|li|tr|blockquote|figcaption|caption|summary|pre|dt|dd|table)>|<br>|<hr>"
)
# What nh3 writes: quotes around every value, so that a ">" in one ends no tag.
_TAG = re.compile(r'<[^>"]*+(?:"[^"]*+"[^>"]*+)*+>')
_CELL_END = re.compile(r"</t[dh]>")
_SPACES = re.compile("  +")
_BLANK_LINES = re.compile(r"\n{3,}")


def sanitise(post: Post) -> Post:
    """Return the post with clean HTML, absolute links, and text where only HTML was given.

    Raises ``InvalidPost`` where the HTML, once it is clean, is over the limit for a body.
    """
    if post.content_html is None:
        return post
    markup = clean_html(post.content_html, base=post.url)
    if len(markup.encode()) > BODY_LIMIT:
        rule = f"must not be larger than {BODY_LIMIT} bytes in UTF-8 once it is cleaned"
        raise InvalidPost("check: content_html", [FieldError("content_html", rule)])
    text = post.content_text if post.content_text is not None else text_of(markup)
    return post.model_copy(update={"content_html": markup, "content_text": text})


def complete(post: Post) -> Post:
    """Return a sanitised post with HTML also where only text was given."""
    if post.content_html or not post.content_text:
        return post
    markup = clean_html(html_of(post.content_text), base=post.url)
    # What is read back must pass the door again.
    if not markup or len(markup.encode()) > BODY_LIMIT:
        return post
    return post.model_copy(update={"content_html": markup})


def clean_html(value: str, *, base: str) -> str:
    """Keep the allowed elements; make relative links absolute against ``base``."""

    def filtered(_element: str, name: str, given: str) -> str | None:
        return _absolute_srcset(given, base) if name == "srcset" else given

    kept = nh3.clean(
        value,
        tags=set(TAGS),
        clean_content_tags=set(DROPPED),
        attributes=ATTRIBUTES,
        # It is called for each attribute, which costs more than all the rest.
        attribute_filter=filtered if "srcset" in value.lower() else None,
        url_schemes=set(SCHEMES),
        url_relative=("rewrite_with_base", base),
        link_rel="noopener noreferrer",
    )
    # Character references (&#1;) are characters by now.
    return clean(kept)


def html_of(text: str) -> str:
    """Return plain text as HTML: a paragraph for each, with its line breaks."""
    paragraphs = (part.strip() for part in _PARAGRAPHS.split(text))
    shown = (html.escape(part, quote=False).replace("\n", "<br>\n") for part in paragraphs if part)
    return "\n".join(f"<p>{part}</p>" for part in shown)


def text_of(markup: str) -> str:
    """Return the plain text of sanitised HTML, a line a block."""
    cells_apart = _CELL_END.sub(" ", markup.replace("\n", " "))
    text = _BLOCK_END.sub("\n", cells_apart)
    text = html.unescape(_TAG.sub("", text)).expandtabs(1)
    lines = _SPACES.sub(" ", text).replace(" \n", "\n").replace("\n ", "\n")
    return _BLANK_LINES.sub("\n\n", lines).strip()


def _absolute_srcset(value: str, base: str) -> str | None:
    """Return the candidates of a ``srcset`` that are web pictures, or None if none is."""
    if len(value) > LONGEST_SRCSET:
        return None
    kept = [candidate for pair in _candidates(value) if (candidate := _candidate(*pair, base))]
    return ", ".join(kept) or None


def _candidates(value: str) -> Iterator[tuple[str, str]]:
    """Yield URL and descriptor of each candidate, read as browsers do (HTML, section 4.8.4)."""
    url, descriptor = "", ""
    waiting = value.split()[::-1]
    while waiting:
        token = waiting.pop()
        if not url:
            url = token.lstrip(",")
            if url.endswith(","):
                yield url.rstrip(","), ""
                url = ""
            continue
        more, comma, rest = token.partition(",")
        descriptor = f"{descriptor} {more}".strip()
        if comma:
            yield url, descriptor
            url = descriptor = ""
            waiting.append(rest)
    if url:
        yield url, descriptor


def _candidate(url: str, descriptor: str, base: str) -> str | None:
    if not _DESCRIPTOR.fullmatch(descriptor):
        return None
    try:
        absolute = urls.web_url(url, base=base, allowed=urls.ANYWHERE)
    except ValueError:
        return None
    return f"{absolute} {descriptor}".rstrip()
