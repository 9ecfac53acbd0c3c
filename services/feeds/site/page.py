"""HTML pages without scripts: templates, their styles, and the policy that holds them to it."""

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

MEDIA_TYPE = "text/html; charset=utf-8"
_TEMPLATES = Environment(
    loader=PackageLoader("services.feeds.site"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Page:
    """A kind of page: its template, and styles that stand in it."""

    def __init__(self, name: str, images: str = "'none'", forms: str = "'none'") -> None:
        """Read ``name.html`` and ``name.css``.

        ``images`` says whence pictures may come, ``forms`` where a form may lead.
        """
        self._template = _TEMPLATES.get_template(f"{name}.html")
        css = "".join(_read(file) for file in ("common.css", f"{name}.css"))
        self._css = Markup(css)  # noqa: S704  # the project's own files
        digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
        self.headers = {
            "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{digest}'; "
            f"img-src {images}; base-uri 'none'; form-action {forms}; frame-ancestors 'none'",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "strict-origin-when-cross-origin",
        }
        """What every answer with such a page says of it."""

    def write(self, **values: Any) -> bytes:
        """Return the page with these values."""
        return self._template.render(css=self._css, **values).encode()


def _read(name: str) -> str:
    return files("services.feeds.site").joinpath("templates", name).read_text("utf-8")
