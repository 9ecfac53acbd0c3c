"""One attempt: decrypt, sign at send time, send, decide."""

import json
import random
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from services.notify.claims import Claim
from services.notify.results import Result
from services.notify.retry import decide
from services.notify.signing import signed_headers
from services.notify.transport.outcome import ErrorCode, Outcome
from services.notify.transport.transport import DeliveryTransport
from shared.clock import utc_now
from shared.crypto import decrypt

_log = structlog.get_logger(__name__)
_FIXED = [(b"content-type", b"application/json"), (b"user-agent", b"Pabal/1 (webhooks)")]


class Sender:
    """Sends claims over one shared transport; signs with what is in force at that moment."""

    def __init__(
        self,
        transport: DeliveryTransport,
        schedule: Sequence[float],
        *,
        clock: Callable[[], datetime] = utc_now,
        jitter: Callable[[], float] = lambda: random.uniform(-1, 1),  # noqa: S311
    ) -> None:
        self._transport = transport
        self._schedule = schedule
        self._clock = clock
        self._jitter = jitter

    async def send(self, claim: Claim, body: bytes) -> Result:
        """Make one attempt. What goes wrong on our side is an attempt too, so none is lost."""
        at = self._clock()
        try:
            signed = headers(claim, body, int(at.timestamp()))
            outcome = await self._transport.exchange(claim.url, signed, body)
        # A claim without a result would never be let go.
        except Exception as error:  # noqa: BLE001
            _log.error("attempt not made", delivery_id=claim.id, exc_info=error)
            outcome = Outcome(None, ErrorCode.PROTOCOL, 0, "", None)
        decision = decide(outcome, claim.number, self._schedule, self._clock(), self._jitter())
        return Result(claim, at, outcome, decision)


def headers(claim: Claim, body: bytes, timestamp: int) -> list[tuple[bytes, bytes]]:
    """Return an attempt's headers: fixed, the endpoint's own, and the signature."""
    in_force = [decrypt(claim.secret)]
    if claim.previous_secret is not None:
        in_force.append(decrypt(claim.previous_secret))
    own = {} if claim.headers is None else json.loads(decrypt(claim.headers))
    return [
        *_FIXED,
        *((name.encode(), value.encode()) for name, value in own.items()),
        *signed_headers(in_force, claim.event, timestamp, body),
    ]
