"""An issue's page: its posts as they are now, and notices of those withdrawn since."""

from sqlalchemy import Connection

from services.feeds import readers
from services.feeds.digest import store
from services.feeds.digest.compose import compose
from services.feeds.digest.contents import Contents, again
from services.feeds.digest.items import Attachment, Issue, Item
from services.feeds.digest.store import Digest, Window
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry
from shared.db import engine
from shared.errors import NotFound
from shared.schema.digest import DigestState
from shared.settings import settings

MOST_POSTS = 50
"""Posts in one mail; the rest are counted, and stand on the issue's page."""


def url(issue: Digest) -> str:
    """Return the link that opens this issue alone."""
    return f"{settings().base_url}/d/{issue.opaque}"


def placeholder(opaque: str) -> str:
    """Return what stands in a mail's links for its address's own token.

    Nobody knows an issue's opaque before its mail is written, so nothing else in it looks so.
    """
    return f"/u/{opaque}"


def opened(opaque: str) -> str:
    """Return the page behind an opaque link; raises ``NotFound``."""
    with engine.snapshot() as connection:
        issue = store.by_opaque(connection, opaque)
        if issue is None:
            raise NotFound("nothing is here")
        return current(connection, issue, readers.by_id(connection, issue.partner))


def current(connection: Connection, issue: Digest, reader: Reader) -> str:
    """Return an issue's HTML; what its partner may no longer see is a notice with its title."""
    if issue.state is not DigestState.SENT:
        raise NotFound("nothing was sent")
    return composed(reader, issue.window, again(connection, reader, issue), url(issue)).html


def mailed(reader: Reader, issue: Digest, contents: Contents) -> Issue:
    """Compose an issue for mail, once for all addresses: a placeholder stands for their links.

    For a partner that names no address there is no such link.
    """
    link = settings().base_url + placeholder(issue.opaque) if reader.schedule.email else None
    return composed(reader, issue.window, contents, url(issue), MOST_POSTS, unsubscribe_url=link)


def composed(
    reader: Reader,
    window: Window,
    contents: Contents,
    page_url: str,
    most: int | None = None,
    *,
    unsubscribe_url: str | None = None,
) -> Issue:
    """Compose contents for a partner, listing at most so many posts and counting the rest."""
    listed = contents.published[:most]
    return compose(
        partner_name=reader.name,
        publisher=settings().title,
        language=reader.language,
        zone=reader.zone,
        start=window.start,
        end=window.end,
        published=[_item(entry) for entry in listed],
        corrected=[_item(entry) for entry in contents.corrected],
        withdrawn=contents.withdrawn,
        page_url=page_url,
        more=contents.total - len(listed),
        unsubscribe_url=unsubscribe_url,
    )


def _item(entry: Entry) -> Item:
    """Return an entry as a digest shows it."""
    return Item(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        section=entry.section,
        language=entry.language,
        published=entry.published,
        excerpt=entry.summary or entry.content_text or "",
        attachments=tuple(
            Attachment(file.url, file.mime_type, file.title, file.size_in_bytes)
            for file in entry.attachments
        ),
        corrected=entry.revision > 1,
    )
