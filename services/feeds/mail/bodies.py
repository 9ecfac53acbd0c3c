"""What the mails of an issue say: what was stored of it, as long as that may still be said."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from services.feeds import readers, selections
from services.feeds import store as posts
from services.feeds.digest import pages
from services.feeds.digest import store as issues
from services.feeds.digest.contents import again
from services.feeds.digest.items import Issue
from services.feeds.digest.words import words_for
from services.feeds.mail.suppressions import suppressed
from services.feeds.readers import Reader
from shared.db.feeds import digest
from shared.errors import NotFound
from shared.mail import normal


@dataclass(frozen=True, slots=True)
class Body:
    """An issue as its mails say it; ``placeholder`` stands where each has a link of its own.

    ``wanted`` holds the addresses that its partner names now, in normal form; ``suppressed`` the
    reasons of those that get none.
    """

    partner: str
    language: str
    issued_at: datetime
    written: Issue
    placeholder: str
    wanted: frozenset[str]
    suppressed: dict[str, str]


def load(connection: Connection, digest_id: str) -> Body | None:
    """Return what the mails of an issue say now; None where its partner is there no more.

    These are the words that were stored with the issue, as long as its partner may see every
    post that stands in them. Where one has been withdrawn or restricted since, the issue is
    composed anew, as its page is.
    """
    row = connection.execute(select(digest).where(digest.c.id == digest_id)).one()
    reader = _reader(connection, row.partner, row.created_at)
    if reader is None:
        return None
    written = Issue(row.subject or "", row.html or "", row.text or "")
    if posts.last_seen(connection, row.shows, (selections.may_see(reader.id),)):
        written = _composed_anew(connection, reader, digest_id)
    addresses = reader.schedule.email
    return Body(
        partner=reader.id,
        language=words_for(reader.language).language,
        issued_at=row.sent_at,
        written=written,
        placeholder=pages.placeholder(row.opaque),
        wanted=frozenset(map(normal, addresses)),
        suppressed=suppressed(connection, reader.id, addresses),
    )


def _reader(connection: Connection, id: str, since: datetime) -> Reader | None:
    """Return an issue's partner, and not a later namesake."""
    try:
        reader = readers.by_id(connection, id)
    except NotFound:
        return None
    return reader if reader.created_at <= since else None


def _composed_anew(connection: Connection, reader: Reader, digest_id: str) -> Issue:
    issue = issues.get(connection, reader, digest_id)
    assert issue is not None
    contents = again(connection, reader, issue)
    return pages.mailed(connection, reader, issue, contents)
