"""HTML that can be shown anywhere, and text where only HTML is given. Pure."""

import html
import re

import nh3

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
    "img": {"src", "alt", "width", "height"},
    "ins": {"datetime"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan", "headers"},
    "th": {"colspan", "rowspan", "headers", "scope"},
    "time": {"datetime"},
}
# Their content is code or data, not text.
_DROPPED = {"script", "style", "template", "noscript", "svg", "math", "iframe", "object", "title"}
_BLOCK_END = re.compile(
    r"</(?:p|div|h[1-6]|li|tr|blockquote|figcaption|caption|summary|pre|dt|dd|table)>|<br>|<hr>"
)
# What nh3 writes: quotes around every value, so that a ">" in one ends no tag.
_TAG = re.compile(r'<[^>"]*+(?:"[^"]*+"[^>"]*+)*+>')
_CELL_END = re.compile(r"</t[dh]>")
_SPACES = re.compile(r"[ \t\f\v]{2,}|[\t\f\v]")
_LINES = re.compile(r" ?\n ?")
_BLANK_LINES = re.compile(r"\n{3,}")


def sanitise(post: Post) -> Post:
    """Return the post with clean HTML, absolute links, and text where only HTML was given."""
    if post.content_html is None:
        return post
    markup = clean_html(post.content_html, base=post.url)
    text = post.content_text if post.content_text is not None else text_of(markup)
    return post.model_copy(update={"content_html": markup, "content_text": text})


def clean_html(value: str, *, base: str) -> str:
    """Keep the allowed elements; make relative ``href`` and ``src`` absolute against ``base``."""
    kept = nh3.clean(
        value,
        tags=set(TAGS),
        clean_content_tags=_DROPPED,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "tel"},
        url_relative=("rewrite_with_base", base),
        link_rel="noopener noreferrer",
    )
    # Character references (&#1;) are characters by now.
    return clean(kept)


def text_of(markup: str) -> str:
    """Return the plain text of sanitised HTML, a line a block."""
    cells_apart = _CELL_END.sub(" ", markup.replace("\n", " "))
    text = _BLOCK_END.sub("\n", cells_apart)
    text = html.unescape(_TAG.sub("", text))
    return _BLANK_LINES.sub("\n\n", _LINES.sub("\n", _SPACES.sub(" ", text))).strip()
