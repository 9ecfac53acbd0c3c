"""Measures digests: 1,000 partners due in the same minute, with an address each, on two mornings.

Run ``python -m bench.digests``. It starts its own PostgreSQL and Valkey. On the first morning every
partner has its first issue, an hour after 5,000 posts were imported; on the second, after a month
of issues, the day brought 200 posts, 20 corrections and 5 withdrawals. Prints a table.
"""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from sqlalchemy import event, text

from bench.feeds import SECTIONS, post
from bench.table import row
from services.feeds.digest.issue import issue_due
from services.ingest.relay import relay
from services.ingest.submit import remove, submit
from services.notify import partners
from shared import log
from shared.db import engine
from shared.db.migrate import migrate
from shared.schema.partner import Partner
from shared.schema.post import Post
from tests.support.servers import running_servers
from tests.support.session import use

POSTS, PARTNERS, HISTORY = 5_000, 1_000, 30
NEW, CORRECTED, WITHDRAWN = 200, 20, 5
FIRST = datetime(2026, 3, 9, 23, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def main() -> None:
    """Start everything, measure, print, end it."""
    with running_servers(durable=True) as servers:
        use(
            PABAL_DATABASE_URL=servers.database_url,
            PABAL_BROKER_URL=servers.broker_url,
            PABAL_PUBLIC_URL="https://hub.example",
            PABAL_ALLOWED_NETWORKS="127.0.0.0/8",
            PABAL_LOG_LEVEL="warning",
            PABAL_SECRET_KEYS="MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
        )
        log.configure("bench")
        migrate()
        subscribe()
        store([dated(number, FIRST - HOUR) for number in range(POSTS)], FIRST - HOUR)
        measured("the first morning", FIRST)
        remember()
        second_day()
        measured(f"a morning after {HISTORY} issues each", FIRST + (HISTORY + 2) * DAY)
        engine.database().dispose()


def measured(what: str, now: datetime) -> None:
    """Issue whatever is due, and print what that took."""
    with counted() as queries:
        started, worked = time.perf_counter(), time.process_time()
        issued = issue_due(now)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
    row(f"{what}: {issued} digests and their mails owed", seconds, "s")
    row("  a digest", 1000 * seconds / issued, "ms")
    row("  of that the worker's own", 1000 * worked / issued, "ms")
    row("  statements a digest", len(queries) / issued, "")
    row("  most memory", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, "MiB")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Collect every statement that this process sends."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)

    event.listen(engine.database(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine.database(), "before_cursor_execute", note)


def subscribe() -> None:
    """Make partners with interests of all kinds, all due at 08:00 in Seoul."""
    with engine.transaction() as connection:
        for number in range(PARTNERS):
            record = {
                "id": f"bench-{number}",
                "name": f"Bench {number}",
                "language": "ko" if number % 3 else "en",
                "timezone": "Asia/Seoul",
                "interest": {
                    "sections": SECTIONS[: 1 + number % len(SECTIONS)] if number % 3 else (),
                    "languages": [] if number % 2 else ["ko"],
                    "tags": [f"tag-{number % 7}"] if number % 5 == 0 else [],
                },
                "digest": {
                    "cadence": "daily", "at": "08:00", "email": [f"desk@bench-{number}.example"],
                },
            }  # fmt: skip
            partners.create(connection, Partner.model_validate(record), f"bench-token-{number:024}")
        connection.execute(text("UPDATE notify.partner SET created_at = '2020-01-01T00:00Z'"))


def dated(number: int, moment: datetime) -> Post:
    """Return a post of some time before a moment."""
    before = moment - timedelta(seconds=number % 3000)
    return post(number).model_copy(update={"date_published": before})


def store(posts: list[Post], now: datetime) -> None:
    """Store posts at a moment, and give their events numbers."""
    for start in range(0, len(posts), 500):
        with engine.transaction() as connection:
            submit(connection, posts[start : start + 500], now, None)
    relay()


def second_day() -> None:
    """Let a day bring new posts, corrections and withdrawals."""
    now = FIRST + (HISTORY + 2) * DAY - HOUR
    store([dated(POSTS + number, now) for number in range(NEW)], now)
    again = [dated(number, FIRST - HOUR) for number in range(CORRECTED)]
    store([each.model_copy(update={"title": f"{each.title}, corrected"}) for each in again], now)
    with engine.transaction() as connection:
        for number in range(WITHDRAWN):
            remove(connection, f"bench:{CORRECTED + number}", None, now, None)
    relay()


def remember() -> None:
    """Give each partner years of issues: of 50 posts each, at sequences that nothing else has."""
    with engine.transaction() as connection:
        connection.execute(
            text("""
                INSERT INTO feeds.digest (id, partner, slot, state, from_at, until_at,
                    from_sequence, until_sequence, opaque, sent_at, subject, posts)
                SELECT d.id || '-' || n, partner, slot + n * interval '1 day', state,
                    until_at + (n - 1) * interval '1 day', slot + n * interval '1 day',
                    until_sequence + 50 * (n - 1), until_sequence + 50 * n, opaque || n, sent_at,
                    subject, told.posts
                FROM feeds.digest d, generate_series(1, :history) n
                CROSS JOIN LATERAL (
                    SELECT jsonb_agg(jsonb_build_object('id', 'old:' || n || ':' || p,
                        'url', 'https://city.example/old', 'title', 'An old post of the city',
                        'section', 'news', 'language', 'ko')) AS posts
                    FROM generate_series(1, 50) p
                ) told
                WHERE d.state = 'sent'
            """),
            {"history": HISTORY},
        )
        connection.execute(
            text("UPDATE ingest.head SET sequence = sequence + 50 * :n"), {"n": HISTORY}
        )
    with engine.database().connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE feeds.digest")


if __name__ == "__main__":
    main()
