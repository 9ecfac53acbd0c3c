"""Events about an endpoint itself: outside the sequence, to one endpoint, never listed."""

from datetime import datetime

from sqlalchemy import Connection, insert

from services.notify.endpoints import Stored
from services.notify.fan_out import wake
from shared import jsontext
from shared.db.ingest import event
from shared.db.notify import delivery
from shared.ids import new_id
from shared.schema.event import EventType, envelope


def test(connection: Connection, endpoint: Stored, now: datetime) -> int:
    """Owe a ``webhook.test`` to one endpoint, whatever its types; return the delivery's number."""
    id, data = new_id("evt"), {"endpoint": endpoint.id}
    body = envelope(id=id, type=EventType.WEBHOOK_TEST, sequence=None, timestamp=now, data=data)
    connection.execute(
        insert(event).values(
            id=id,
            sequenced=False,
            type=EventType.WEBHOOK_TEST,
            partner=endpoint.partner,
            data=jsontext.dumps(data),
            body=body,
            timestamp=now,
        )
    )
    owed = insert(delivery).values(
        event_id=id, endpoint_id=endpoint.id, order_key=id, state="pending", due_at=now
    )
    number: int = connection.execute(owed.returning(delivery.c.id)).scalar_one()
    wake(connection, [endpoint.id])
    return number
