"""A push from a hub: verified, then taken in like a document that was fetched."""

from collections.abc import Mapping

import structlog

from services.ingest.sources import store, subscribe
from services.ingest.sources.document import Unreadable
from services.ingest.sources.reading import read_feed
from services.ingest.sources.take import take
from shared.clock import utc_now
from shared.db.engine import transaction
from shared.errors import NotFound
from shared.settings import settings

_log = structlog.get_logger(__name__)


def receive(callback: str, headers: Mapping[str, str], body: bytes) -> None:
    """Take a push in; raises ``NotFound`` where the callback is not ours (any more).

    A body that cannot be read makes the source be polled at once. One without the right signature
    is left alone, and the hub is not told (WebSub, section 8).
    """
    now = utc_now()
    with transaction() as connection:
        held = subscribe.find(connection, callback)
        if held is None:
            raise NotFound("nobody is subscribed here")
        if not subscribe.is_signed(held.secret, headers.get("x-hub-signature", ""), body):
            _log.warning("push not signed by its hub", source_id=held.source_id)
            return
        source = store.lock(connection, held.source_id)
        try:
            document = read_feed(body, headers.get("content-type"), source.address)
        except Unreadable as error:
            _log.info("push not readable", source_id=source.id, error=str(error))
            store.hurry(connection, source.id, now)
            return
        report = take(connection, source, document, settings(), now)
    _log.info("push taken in", source_id=source.id, stored=report.stored, refused=report.refused)
