"""An engine's view of the lanes it holds: what is in flight, and how fast it may go. Pure."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """A token bucket that admits a burst of one second's worth; times in seconds."""

    rate: float
    tokens: float
    at: float

    def available(self, now: float) -> int:
        """Return how many may start now."""
        self.tokens = min(max(self.rate, 1.0), self.tokens + (now - self.at) * self.rate)
        self.at = now
        return int(self.tokens)

    def take(self, count: int) -> None:
        """Spend tokens."""
        self.tokens -= count

    def wait(self, taken: int) -> float:
        """Return the seconds until there is a token again once ``taken`` are spent."""
        return max(0.0, (1.0 + taken - self.tokens) / self.rate)


@dataclass(slots=True)
class Lane:
    """One endpoint's queue, as far as this engine empties it."""

    in_flight: int = 0
    full: bool = False
    bucket: Bucket | None = None


@dataclass(slots=True)
class Lanes:
    """The lanes that one engine works on; one that says nothing is forgotten."""

    known: dict[str, Lane] = field(default_factory=dict)

    def limit(self, endpoint: str, max_in_flight: int, rate: float | None, now: float) -> int:
        """Return how many deliveries of this lane may start now; ``now`` in seconds."""
        lane = self.known.get(endpoint) or Lane()
        free = max(max_in_flight - lane.in_flight, 0)
        if rate is None:
            lane.bucket = None
            return free
        if lane.bucket is None or lane.bucket.rate != rate:
            lane.bucket = Bucket(rate, max(rate, 1.0), now)
            self.known[endpoint] = lane
        return min(free, lane.bucket.available(now))

    def started(self, endpoint: str, count: int, max_in_flight: int) -> None:
        """Note deliveries that go out now."""
        lane = self.known.setdefault(endpoint, Lane())
        lane.in_flight += count
        lane.full = 0 < max_in_flight <= lane.in_flight
        if lane.bucket is not None:
            lane.bucket.take(count)
        self._forget_idle(endpoint, lane)

    def finished(self, endpoint: str) -> None:
        """Note a delivery whose outcome is recorded, or was refused as late."""
        lane = self.known[endpoint]
        lane.in_flight -= 1
        lane.full = False
        self._forget_idle(endpoint, lane)

    def full(self) -> list[str]:
        """Return the lanes that can take no more for now."""
        return [endpoint for endpoint, lane in self.known.items() if lane.full]

    def in_flight(self, endpoint: str) -> int:
        """Return how many deliveries of a lane are on their way."""
        lane = self.known.get(endpoint)
        return 0 if lane is None else lane.in_flight

    def wait(self, endpoint: str, taken: int) -> float | None:
        """Return the seconds until the rate admits one more after ``taken``; None if it does."""
        lane = self.known.get(endpoint)
        if lane is None or lane.bucket is None:
            return None
        return lane.bucket.wait(taken) or None

    def _forget_idle(self, endpoint: str, lane: Lane) -> None:
        if lane.in_flight == 0 and lane.bucket is None:
            del self.known[endpoint]
