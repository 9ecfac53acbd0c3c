"""An issue as HTML: a document for mail and for its page, and a feed's entry. Pure."""

from collections.abc import Sequence

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.feeds.digest.layout import Layout, Line, Link
from services.feeds.digest.words import Words

_TEMPLATES = Environment(
    loader=PackageLoader("services.feeds.digest"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ISSUE = _TEMPLATES.get_template("issue.html")
_ENTRY = _TEMPLATES.get_template("entry.html")
_ARCHIVE = _TEMPLATES.get_template("archive.html")
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)


def write(layout: Layout) -> str:
    """Return the issue as a whole HTML document: styles inlined, nothing remote but pictures."""
    return _INLINER.inline(_ISSUE.render(issue=layout, words=layout.words))


def entry(layout: Layout) -> str:
    """Return the issue as HTML that stands in a feed: no styles, no pictures."""
    return _ENTRY.render(issue=layout, words=layout.words).strip()


def archive(
    words: Words, publisher: str, addressee: str, lines: Sequence[Line], turns: Sequence[Link]
) -> str:
    """Return the list of a partner's issues as a whole HTML document."""
    html = _ARCHIVE.render(
        words=words, publisher=publisher, addressee=addressee, lines=lines, turns=turns
    )
    return _INLINER.inline(html)
