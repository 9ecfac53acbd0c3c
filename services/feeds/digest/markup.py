"""An issue as an HTML document for mail and for its page: styles inlined, nothing remote. Pure."""

import css_inline
from jinja2 import Environment, PackageLoader, StrictUndefined

from services.feeds.digest.layout import Layout

_TEMPLATE = Environment(
    loader=PackageLoader("services.feeds.digest"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
).get_template("issue.html")
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False, minify_css=True)


def write(layout: Layout) -> str:
    """Return the issue as a whole HTML document."""
    return _INLINER.inline(_TEMPLATE.render(issue=layout, words=layout.words))
