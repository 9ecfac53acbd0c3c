"""A partner's issues as entries of its digest feed: the posts that it may see now."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from services.feeds import selections, store
from services.feeds.digest import compose, pages, reads
from services.feeds.digest import store as issues
from services.feeds.digest.contents import Contents
from services.feeds.digest.items import Item, Listed, Translation
from services.feeds.digest.news import News, as_stories
from services.feeds.digest.store import Digest
from services.feeds.digest.stories import Named, Story
from services.feeds.readers import Reader
from services.feeds.render.snapshot import Entry

SECTION = "digests"
SHOWN = 50
"""Posts that an entry tells of; the issue's page has all."""


def newest(connection: Connection, reader: Reader, limit: int) -> list[Entry]:
    """Return the newest issues that were sent."""
    found = issues.sent(connection, reader, limit)
    told = list({post.id for issue in found for post in issue.posts[:SHOWN]})
    seen = (selections.may_see(reader.id),)
    visible = {post.id: post for post in reads.those(connection, told, seen)}
    gone = store.last_seen(connection, [id for id in told if id not in visible], seen)
    return [_entry(issue, reader, visible, gone) for issue in found]


def _entry(
    issue: Digest, reader: Reader, visible: Mapping[str, Named], gone: Mapping[str, datetime]
) -> Entry:
    """Return an issue's entry, without the posts that the partner may not see any more."""
    sent_at = issue.sent_at or issue.until_at
    ids = [post.id for post in issue.posts[:SHOWN]]
    left = [gone[id] for id in ids if id in gone]
    posts = [visible[id] for id in ids if id in visible]
    stories = as_stories(reader.language, posts)
    summary, html = _written(issue, reader, stories)
    return Entry(
        id=issue.id,
        url=pages.url(issue),
        title=issue.subject or issue.id,
        section=SECTION,
        language=reader.language,
        revision=1,
        published=sent_at,
        updated=max([sent_at, *left, *(post.changed for post in posts)]),
        summary=summary,
        content_html=html,
        content_text="\n".join(story.shown.title for story in stories) or None,
    )


def _written(issue: Digest, reader: Reader, stories: Sequence[Story]) -> tuple[str, str]:
    contents = Contents(News(tuple(stories), max(0, len(issue.posts) - SHOWN)))
    frame = pages.frame(reader, issue.window, contents, pages.url(issue))
    return compose.entry(frame, Listed(tuple(map(_item, stories))))


def _item(story: Story) -> Item:
    post = story.shown
    return Item(
        id=post.id,
        url=post.url,
        title=post.title,
        section=post.section,
        language=post.language,
        published=post.published,
        excerpt=post.summary,
        translations=tuple(Translation(other.language, other.url) for other in story.others),
    )
