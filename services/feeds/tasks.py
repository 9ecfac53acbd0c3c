"""Feeds' Celery tasks."""

from services.feeds.digest.issue import issue_due
from services.feeds.rebuild import rebuild
from shared.broker import ISSUE_DIGESTS, REBUILD, broker
from shared.clock import utc_now


@broker.task(name=REBUILD)
def rebuild_feeds() -> None:
    """Bring the feeds' documents up to date."""
    rebuild()


@broker.task(name=ISSUE_DIGESTS)
def issue_digests() -> None:
    """Issue the digests whose slot has come."""
    issue_due(utc_now())
