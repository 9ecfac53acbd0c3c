"""What a partner was told of before, and what a window has to say of it.

What an issue tells came by an event of its own window: so of however many issues few are read.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    any_,
    bindparam,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, distinct_on

from services.feeds.digest.store import Window
from services.feeds.readers import Reader
from shared.db.feeds import digest
from shared.db.ingest import event
from shared.schema.digest import DigestPost, DigestState

_PARTNER = bindparam("partner", type_=Text)
_AFTER, _UNTIL = (bindparam(name, type_=BigInteger) for name in ("after", "until"))


def affected(connection: Connection, reader: Reader, window: Window) -> dict[str, DigestPost]:
    """Return by id the posts of earlier issues of which events of a window tell the partner."""
    about = {
        "partner": reader.id,
        "created_at": reader.created_at,
        "after": window.after,
        "until": window.until,
    }
    told = (DigestPost.model_construct(**post) for post in connection.scalars(_AFFECTED, about))
    return {post.id: post for post in told}


def _told_to_the_partner() -> ColumnElement[bool]:
    """Return the condition that an event is of a post that a partner may see, or saw before."""
    was = event.c.was["audience"]
    saw = event.c.was.is_not(None) & or_(was.astext.is_(None), was.has_key(_PARTNER))
    return or_(event.c.audience.is_(None), any_(event.c.audience) == _PARTNER, saw)


def _sent(of: FromClause = digest) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that an issue was sent to this partner, not an earlier namesake."""
    created = bindparam("created_at", type_=digest.c.created_at.type)
    return (
        of.c.partner == _PARTNER, of.c.created_at >= created, of.c.state == DigestState.SENT,
    )  # fmt: skip


def _within(of: FromClause = event) -> tuple[ColumnElement[bool], ...]:
    return (of.c.sequence > _AFTER, of.c.sequence <= _UNTIL)


def _any_before() -> ColumnElement[bool]:
    """Return the condition that there was an issue before the window."""
    before = digest.alias("before")
    return select(before.c.id).where(*_sent(before), before.c.from_sequence < _AFTER).exists()


def _issues_that_may_have_told() -> Select[str]:
    """Select the ids of the earlier issues in whose windows the posts of this one had events."""
    now = event.alias("now")
    # By the index, post by post, whatever the planner makes of their number: hence the offset.
    then = (
        select(event.c.sequence)
        .where(event.c.post_id == now.c.post_id, event.c.sequence <= _AFTER)
        .offset(0)
        .lateral()
    )
    issue = (
        select(digest.c.id, digest.c.from_sequence)
        .where(*_sent(), digest.c.until_sequence >= then.c.sequence)
        # Windows without any event end where the one before did.
        .order_by(digest.c.until_sequence, digest.c.from_sequence)
        .limit(1)
        .lateral()
    )
    return (
        select(issue.c.id)
        .select_from(now)
        .join(then, true())
        .join(issue, issue.c.from_sequence < then.c.sequence)
        .where(*_within(now))
    )


def _affected() -> Select[Any]:
    now = (*_within(), event.c.post_id.is_not(None), _told_to_the_partner())
    post = func.jsonb_array_elements(digest.c.posts, type_=JSONB).column_valued("post")
    id = post["id"].astext
    return (
        select(post)
        .select_from(digest.join(post.scalar_alias, true()))
        .ext(distinct_on(id))
        .where(
            # Asked once: before its first issue a partner was told nothing, whatever has come in.
            _any_before(),
            digest.c.id.in_(_issues_that_may_have_told()),
            id.in_(select(event.c.post_id).where(*now)),
        )
        .order_by(id, digest.c.slot.desc())
    )


_AFFECTED = _affected()
