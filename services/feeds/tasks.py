"""Feeds' Celery tasks."""

from services.feeds.digest.issue import issue_due
from services.feeds.digest.watch import Watch
from services.feeds.mail.send import anything_due, send_due
from services.feeds.rebuild import rebuild
from shared.broker import ISSUE_DIGESTS, MAIL_DIGESTS, REBUILD, broker, ring
from shared.clock import utc_now

_watch = Watch(issue_due)


@broker.task(name=REBUILD)
def rebuild_feeds() -> None:
    """Bring the feeds' documents up to date."""
    rebuild()


@broker.task(name=ISSUE_DIGESTS)
def issue_digests() -> None:
    """Issue the digests whose slot has come, and ring for their mail."""
    if _watch.look(utc_now()) and anything_due(utc_now()):
        ring(MAIL_DIGESTS)


@broker.task(name=MAIL_DIGESTS)
def mail_digests() -> None:
    """Send the mails that are due."""
    send_due()
