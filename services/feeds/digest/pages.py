"""An issue's page: as it was sent, but without what has been withdrawn since."""

from sqlalchemy import Connection

from services.feeds import readers
from services.feeds import store as posts
from services.feeds.definition import ALL
from services.feeds.digest import store
from services.feeds.digest.compose import compose
from services.feeds.digest.items import Attachment, Item, Withdrawn
from services.feeds.digest.store import Digest
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry
from shared.db import engine
from shared.errors import NotFound
from shared.interest import Interest
from shared.settings import settings


def url(issue: Digest) -> str:
    """Return the link that opens this issue alone."""
    return f"{settings().base_url}/d/{issue.opaque}"


def opened(opaque: str) -> str:
    """Return the page behind an opaque link; raises ``NotFound``."""
    with engine.snapshot() as connection:
        issue = store.by_opaque(connection, opaque)
        if issue is None:
            raise NotFound("nothing is here")
        return current(connection, issue, readers.by_id(connection, issue.partner))


def current(connection: Connection, issue: Digest, reader: Reader) -> str:
    """Return an issue's HTML; what its partner may no longer see is a notice with its title."""
    if issue.html is None:
        raise NotFound("nothing was sent")
    ids = [post.id for post in issue.posts]
    selection = posts.of_partner(reader.id, Interest(), ALL)
    shown = posts.visible(connection, ids, selection)
    if len(shown) == len(ids):
        return issue.html
    still = {entry.id for entry in shown}
    gone = [
        Withdrawn(post.title, issue.sent_at or issue.until_at, post.language)
        for post in issue.posts
        if post.id not in still
    ]
    return compose(
        partner_name=reader.name,
        publisher=settings().title,
        language=reader.language,
        zone=reader.zone,
        start=issue.from_at,
        end=issue.until_at,
        published=[item(entry) for entry in shown],
        withdrawn=gone,
        page_url=url(issue),
    ).html


def item(entry: Entry) -> Item:
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
