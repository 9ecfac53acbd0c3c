"""An issue as HTML: a document for mail and for its page, and a feed's entry. Pure.

A post looks the same in the issues of all partners with one language and zone, so it is written
and styled once, and put into each document where a mark stands.
"""

from collections.abc import Sequence
from itertools import chain, zip_longest
from threading import Lock

import css_inline
from cachetools import LRUCache, cached
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.feeds.digest.layout import Layout, Line, Link
from services.feeds.digest.words import Words

MOST_BYTES = 4 * 1024 * 1024
"""Of posts that are kept as they were written."""

_TEMPLATES = Environment(
    loader=PackageLoader("services.feeds.digest"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ISSUE = _TEMPLATES.get_template("issue.html")
_POST = _TEMPLATES.get_template("post.html")
_ENTRY = _TEMPLATES.get_template("entry.html")
_ARCHIVE = _TEMPLATES.get_template("archive.html")
# No text of a post can say so: it is escaped.
_MARK = Markup("<!--post-->")
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)


def write(layout: Layout) -> str:
    """Return the issue as a whole HTML document: styles inlined, nothing remote but pictures."""
    posts: list[str] = []

    def place(line: Line, last: bool) -> Markup:  # the template calls it
        posts.append(_post(line, layout.words, last=last))
        return _MARK

    around = _INLINER.inline(_ISSUE.render(issue=layout, words=layout.words, post=place))
    return "".join(chain.from_iterable(zip_longest(around.split(_MARK), posts, fillvalue="")))


@cached(LRUCache(MOST_BYTES, getsizeof=len), lock=Lock())
def _post(line: Line, words: Words, *, last: bool) -> str:
    """Return the row of a post, styles inlined."""
    html = _INLINER.inline(_POST.render(line=line, words=words, last=last, mark=_MARK))
    return str(html.split(_MARK)[1])


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
