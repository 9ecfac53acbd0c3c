"""The hub as client commands see it: over its own API."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
import typer

from services.cli.output import fail
from shared.clock import utc_now
from shared.retry_after import retry_after
from shared.settings import settings

TIMEOUT = 30.0
PAGE = 200
LONGEST_WAIT = 30.0
"""Seconds that a command waits at once where the hub says to come later."""

_LATER = (429, 503)


class Hub:
    """The API with a key; refusals end the command with their reason and status 1."""

    def __init__(self, base_url: str, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.base_url = base_url
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=TIMEOUT)

    def call(self, method: str, path: str, *, patience: int = 0, **options: Any) -> httpx.Response:
        """Make one call; ends the command where the hub is away or refuses.

        Where the hub says to come later, the call is made again, ``patience`` times at the most.
        """
        for _ in range(patience):
            response = self._made(method, path, options)
            if response.status_code not in _LATER:
                break
            time.sleep(_seconds(response))
        else:
            response = self._made(method, path, options)
        if response.is_error:
            fail(_reason(response))
        return response

    def _made(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        try:
            return self._http.request(method, path, **options)
        except httpx.TransportError as error:
            fail(
                f"the hub at {self.base_url} cannot be reached ({type(error).__name__}); is it up?"
            )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get(self, path: str, **params: Any) -> Any:
        """Return a resource."""
        given = {name: value for name, value in params.items() if value is not None}
        return self.call("GET", path, params=given).json()

    def post(self, path: str, body: Any | None = None) -> Any:
        """Post a document; return the answer's."""
        response = (
            self.call("POST", path, json=body) if body is not None else self.call("POST", path)
        )
        return response.json()

    def listed(self, path: str, limit: int, **params: Any) -> list[Any]:
        """Return at most ``limit`` items of a list, page by page."""
        items: list[Any] = []
        cursor: str | None = None
        while len(items) < limit:
            size = min(PAGE, limit - len(items))
            page = self.get(path, cursor=cursor, limit=size, **params)
            items += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return items


@contextmanager
def hub() -> Iterator[Hub]:
    """Find the hub: by ``PABAL_PUBLIC_URL`` and ``PABAL_KEY``, or the one running on this home."""
    known = settings()
    url, key = known.public_url, known.key.get_secret_value() if known.key else None
    running = known.home / "hub.json"
    if not url and running.exists():
        url = json.loads(running.read_text())["url"]
    if key is None:
        key = _own_key()
    found = Hub((url or known.base_url).rstrip("/"), key)
    try:
        yield found
    finally:
        found.close()


def path(collection: str, id: str, rest: str = "") -> str:
    """Return the path of a thing, or of what belongs to it; no id leads anywhere else.

    >>> path("endpoints", "../keys", "pause")
    '/v1/endpoints/..%2Fkeys/pause'
    >>> path("posts", "..")
    '/v1/posts/%2E%2E'
    """
    named = quote(id, safe="")
    if named in (".", ".."):
        # Quoting leaves dots alone, and such a segment is resolved away.
        named = named.replace(".", "%2E")
    return f"/v1/{collection}/{named}" + (f"/{rest}" if rest else "")


def _seconds(response: httpx.Response) -> float:
    """Return for how long the hub asks to wait."""
    asked = retry_after(response.headers.get("retry-after"), utc_now())
    return 1.0 if asked is None else min(asked.total_seconds(), LONGEST_WAIT)


def _own_key() -> str | None:
    known = settings()
    if known.bootstrap_key is not None:
        return known.bootstrap_key.get_secret_value()
    kept = known.home / "secrets" / "admin-key"
    return kept.read_text().strip() if kept.exists() else None


def _reason(response: httpx.Response) -> str:
    try:
        problem = response.json()
    except ValueError:
        return f"the hub answered {response.status_code}"
    title, detail = problem.get("title", "refused"), problem.get("detail")
    errors = problem.get("errors", ())
    faults = [f"  {error['field'] or 'document'}: {error['message']}" for error in errors]
    return "\n".join([f"{title} ({response.status_code}): {detail}", *faults])


def confirm(question: str, yes: bool) -> None:
    """Ask before something that cannot be undone, unless told yes."""
    if not yes:
        typer.confirm(question, abort=True, err=True)
