"""The bodies of events, kept while they are being delivered: one read for many endpoints."""

from collections import OrderedDict
from collections.abc import Sequence

from services.notify import claims
from services.notify.claims import Claim, Connection

MOST_BYTES = 64 * 1024 * 1024


class Bodies:
    """A cache of stored bodies, the least recently used dropped first; bounded in bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._size = 0
        self._kept: OrderedDict[str, tuple[bytes, bytes | None]] = OrderedDict()

    async def read(self, connection: Connection, claimed: Sequence[Claim]) -> list[bytes]:
        """Return the body that each claim is to send, in order."""
        wanted = {claim.event for claim in claimed}
        missing = [id for id in wanted if id not in self._kept]
        found = await claims.bodies(connection, missing) if missing else {}
        known = {id: self._kept.get(id) or found[id] for id in wanted}
        for id in wanted:
            self._keep(id, known[id])
        return [_of(known[claim.event], claim) for claim in claimed]

    def _keep(self, id: str, bodies: tuple[bytes, bytes | None]) -> None:
        if id in self._kept:
            self._kept.move_to_end(id)
            return
        self._kept[id] = bodies
        self._size += _bytes(bodies)
        while self._size > self._most:
            _, dropped = self._kept.popitem(last=False)
            self._size -= _bytes(dropped)


def _of(bodies: tuple[bytes, bytes | None], claim: Claim) -> bytes:
    own, withdrawal = bodies
    if claim.withdrawal:
        assert withdrawal is not None
        return withdrawal
    return own


def _bytes(bodies: tuple[bytes, bytes | None]) -> int:
    return len(bodies[0]) + len(bodies[1] or b"")
