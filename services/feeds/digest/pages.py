"""An issue as its partner gets it: as a mail, and as a page with its posts as they are now."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from services.feeds import readers, selections
from services.feeds import store as posts
from services.feeds.digest import compose, markup, reads, store
from services.feeds.digest.compose import Frame
from services.feeds.digest.contents import Contents, again
from services.feeds.digest.edition import Edition
from services.feeds.digest.items import Attachment, Issue, Item, Listed, Translation
from services.feeds.digest.layout import EXCERPT_COLUMNS, Line, Link
from services.feeds.digest.news import as_stories
from services.feeds.digest.store import Digest, Window
from services.feeds.digest.stories import Named
from services.feeds.digest.words import Words, words_for
from services.feeds.digest.wrap import beginning
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry
from shared.db import engine
from shared.errors import NotFound
from shared.schema.digest import DigestState
from shared.settings import settings

MOST_POSTS = 50
"""Posts in one mail; the rest are counted, and stand on the issue's page."""

PAGE = 100
"""Posts on one page of an issue."""

ISSUES = 50
"""Issues on one page of the list."""


def url(issue: Digest) -> str:
    """Return the link that opens this issue alone."""
    return f"{settings().base_url}/d/{issue.opaque}"


def placeholder(opaque: str) -> str:
    """Return what stands in a mail's links for its address's own token.

    Nobody knows an issue's opaque before its mail is written, so nothing else in it looks so.
    """
    return f"/u/{opaque}"


def opened(opaque: str, number: int) -> str:
    """Return a page, from 1, of the issue behind an opaque link; raises ``NotFound``."""
    with engine.snapshot() as connection:
        issue = store.by_opaque(connection, opaque)
        if issue is None:
            raise NotFound("nothing is here")
        reader = readers.by_id(connection, issue.partner)
        return _page(connection, issue, reader, number)


def own(connection: Connection, issue: Digest, reader: Reader, number: int) -> str:
    """Return a page of an issue that leads on to the partner's others; raises ``NotFound``."""
    words = words_for(reader.language)
    earlier, later = store.neighbours(connection, reader, issue)
    # Relative, since the token is in the address, or comes as Bearer.
    nav = [
        Link(label, to)
        for label, to in (
            (words.earlier, earlier), (words.later, later), (words.archive, "../digests"),
        )
        if to is not None
    ]  # fmt: skip
    return _page(connection, issue, reader, number, nav)


def listed(connection: Connection, reader: Reader, number: int) -> str:
    """Return a page, from 1, of the list of a partner's issues; raises ``NotFound``."""
    words = words_for(reader.language)
    found = store.sent(connection, reader, ISSUES + 1, (number - 1) * ISSUES)
    if not found and number > 1:
        raise NotFound("there is no such page")
    lines = [_listed(issue, reader, words) for issue in found[:ISSUES]]
    turns = _turns(words, number, more=len(found) > ISSUES)
    addressee = words.addressee.format(partner=reader.name)
    return markup.archive(words, settings().title, addressee, lines, turns)


def mailed(
    connection: Connection,
    reader: Reader,
    issue: Digest,
    contents: Contents,
    edition: Edition | None = None,
) -> Issue:
    """Compose an issue for mail, once for all addresses: a placeholder stands for their links.

    For a partner that names no address there is no such link.
    """
    link = settings().base_url + placeholder(issue.opaque) if reader.schedule.email else None
    shown = _listing(connection, reader, contents.first(MOST_POSTS), edition)
    return compose.compose(frame(reader, issue.window, contents, url(issue)), shown, link)


def composed(
    connection: Connection,
    reader: Reader,
    window: Window,
    contents: Contents,
    page_url: str,
) -> Issue:
    """Compose contents as a mail, which lists the first and counts the rest."""
    shown = _listing(connection, reader, contents.first(MOST_POSTS))
    return compose.compose(frame(reader, window, contents, page_url), shown)


def frame(reader: Reader, window: Window, contents: Contents, page_url: str) -> Frame:
    """Return what stands around contents."""
    return Frame(
        partner_name=reader.name,
        publisher=settings().title,
        language=reader.language,
        zone=reader.zone,
        start=window.start,
        end=window.end,
        page_url=page_url,
        totals=contents.totals,
    )


def _page(
    connection: Connection, issue: Digest, reader: Reader, number: int, nav: Sequence[Link] = ()
) -> str:
    """Return a page; what its partner may no longer see is a notice with its title."""
    if issue.state is not DigestState.SENT:
        raise NotFound("nothing was sent")
    contents = again(connection, reader, issue)
    count = contents.pages(PAGE)
    if number > count:
        raise NotFound("there is no such page")
    return compose.page(
        frame(reader, issue.window, contents, url(issue)),
        _listing(connection, reader, contents.page(number, PAGE)),
        beyond=contents.news.beyond if number == count else 0,
        turns=_turns(words_for(reader.language), number, more=number < count),
        nav=nav,
    )


def _turns(words: Words, number: int, *, more: bool) -> list[Link]:
    """Return the links to the pages before and after one."""
    before = [Link(words.previous_page, f"?page={number - 1}")] if number > 1 else []
    after = [Link(words.next_page, f"?page={number + 1}")] if more else []
    return [*before, *after]


def _listed(issue: Digest, reader: Reader, words: Words) -> Line:
    return Line(
        title=issue.subject or issue.id,
        language=words.language,
        date=words.minute(issue.sent_at or issue.until_at, reader.zone),
        url=f"digests/{issue.id}",
    )


def _listing(
    connection: Connection, reader: Reader, contents: Contents, edition: Edition | None = None
) -> Listed:
    """Read the posts that are shown, with their bodies and all their translations."""
    told = [*contents.published, *contents.corrected]
    items = {} if edition is None else edition.items
    _read(connection, reader, [story.shown.id for story in told], items)
    members = [post for story in told for post in story.posts]
    if edition is None or edition.restricted:
        members += reads.restricted(connection, reader.id, members)
    families = _families(reader, members)
    published, corrected = (
        tuple(_related(items[story.shown.id], families[story.shown.id]) for story in part)
        for part in (contents.published, contents.corrected)
    )
    return Listed(published, corrected, tuple(contents.withdrawn))


def _read(
    connection: Connection, reader: Reader, ids: Sequence[str], known: dict[str, Item]
) -> None:
    """Add to the known items those that are missing."""
    missing = [id for id in ids if id not in known]
    seen = (selections.may_see(reader.id),)
    for entry in posts.visible(connection, missing, seen):
        known[entry.id] = _item(entry)


def _families(reader: Reader, members: Sequence[Named]) -> dict[str, tuple[Named, ...]]:
    """Return each post's family, among these."""
    known = {post.id: post for post in members}
    found = as_stories(reader.language, list(known.values()))
    return {post.id: story.posts for story in found for post in story.posts}


def _item(entry: Entry) -> Item:
    """Return an entry as a digest shows it, with its public translations."""
    return Item(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        section=entry.section,
        language=entry.language,
        published=entry.published,
        excerpt=beginning(entry.summary or entry.content_text or "", EXCERPT_COLUMNS),
        image=entry.image or entry.banner_image,
        attachments=tuple(
            Attachment(file.url, file.mime_type, file.title, file.size_in_bytes)
            for file in entry.attachments
        ),
        translations=tuple(Translation(other.language, other.url) for other in entry.translations),
        license=entry.license,
        corrected=entry.revision > 1,
    )


def _related(item: Item, family: Sequence[Named]) -> Item:
    """Add a post's family to its translations."""
    own = [Translation(one.language, one.url) for one in family if one.id != item.id]
    if not own:
        return item
    return replace(item, translations=tuple(dict.fromkeys((*item.translations, *own))))
