"""The unsubscribe link of a mail: a page with a button, and the one click of RFC 8058."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.feeds.mail import ledger
from services.feeds.mail.decision import UNSUBSCRIBED
from services.feeds.mail.suppressions import suppress
from services.feeds.mail.words import words_for
from services.feeds.site.page import MEDIA_TYPE, Page
from shared.clock import utc_now
from shared.db.engine import snapshot, transaction
from shared.settings import settings
from shared.web.body import read_bytes

LONGEST_BODY = 64 * 1024
"""Bytes of a form that are read, and ignored: the address says all."""

_PAGE = Page("unsubscribe", forms="'self'")
_HEADERS = {
    **_PAGE.headers,
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}


async def ask(request: Request) -> Response:
    """Ask whether to unsubscribe; changes nothing, since mail scanners follow links."""
    reader = await run_in_threadpool(_find, request.path_params["token"])
    return _page(reader, done=False)


async def unsubscribe(request: Request) -> Response:
    """Unsubscribe the link's address, whatever the form says, and however often it is sent."""
    await read_bytes(request, LONGEST_BODY)
    reader = await run_in_threadpool(_unsubscribe, request.path_params["token"])
    return _page(reader, done=True)


def _find(token: str) -> ledger.Unsubscriber:
    with snapshot() as connection:
        return ledger.unsubscriber(connection, token)


def _unsubscribe(token: str) -> ledger.Unsubscriber:
    with transaction() as connection:
        reader = ledger.unsubscriber(connection, token)
        suppress(connection, reader.partner, reader.address, UNSUBSCRIBED, utc_now())
    return reader


def _page(reader: ledger.Unsubscriber, *, done: bool) -> Response:
    words, publisher = words_for(reader.language), settings().title
    text = (words.done if done else words.question).format(
        address=reader.address, partner=reader.name, publisher=publisher
    )
    title = words.done_title if done else words.title
    page = _PAGE.write(words=words, publisher=publisher, title=title, text=text, done=done)
    headers = {**_HEADERS, "Content-Language": words.language}
    return Response(page, media_type=MEDIA_TYPE, headers=headers)


ROUTES = [
    Route("/u/{token}", ask, methods=["GET"]),
    Route("/u/{token}", unsubscribe, methods=["POST"]),
]
"""Starlette answers HEAD by the GET route."""
