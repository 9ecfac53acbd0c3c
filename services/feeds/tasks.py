"""Feeds' Celery tasks."""

from services.feeds.digest.issue import issue_due
from services.feeds.digest.watch import Watch
from services.feeds.rebuild import rebuild
from shared.broker import ISSUE_DIGESTS, REBUILD, broker
from shared.clock import utc_now

_watch = Watch(issue_due)


@broker.task(name=REBUILD)
def rebuild_feeds() -> None:
    """Bring the feeds' documents up to date."""
    rebuild()


@broker.task(name=ISSUE_DIGESTS)
def issue_digests() -> None:
    """Issue the digests whose slot has come."""
    _watch.look(utc_now())
