"""Content codings (RFC 9110, sections 8.4 and 12.5.3): which one a client takes. Pure."""

import gzip
from enum import StrEnum
from functools import lru_cache

import brotli

_BROTLI_QUALITY = 6
_GZIP_LEVEL = 6


class Coding(StrEnum):
    """How a body is packed; of those that a client likes equally, the first is chosen."""

    BROTLI = "br"
    GZIP = "gzip"
    IDENTITY = "identity"

    @property
    def suffix(self) -> str:
        """Return what tells this coding's entity tag from the others'."""
        return "" if self is Coding.IDENTITY else f"-{self.value}"


@lru_cache(maxsize=256)
def choose(accepted: str | None) -> Coding:
    """Return the best coding for an Accept-Encoding; identity where none fits.

    >>> choose("gzip, deflate, br;q=0.5")
    <Coding.GZIP: 'gzip'>
    """
    if not accepted:
        return Coding.IDENTITY
    weights = dict(weighed(item) for item in accepted.split(","))
    packed = (Coding.BROTLI, Coding.GZIP)
    liked = {coding: weights.get(coding, weights.get("*", 0.0)) for coding in packed}
    # Not named, it is acceptable, but less than what is.
    liked[Coding.IDENTITY] = weights.get(Coding.IDENTITY, 0.0)
    best = max(liked, key=lambda coding: liked[coding])
    return best if liked[best] > 0 else Coding.IDENTITY


def pack(body: bytes, coding: Coding) -> bytes:
    """Return a body in a coding; equal bodies give equal bytes."""
    if coding is Coding.BROTLI:
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BROTLI_QUALITY))
    if coding is Coding.GZIP:
        return gzip.compress(body, _GZIP_LEVEL, mtime=0)
    return body


def weighed(item: str) -> tuple[str, float]:
    """Read an item of a list that weighs: its name in lower case, and its weight.

    >>> weighed("X-GZip; q=0.5")
    ('gzip', 0.5)
    """
    name, _, parameters = item.partition(";")
    _, _, weight = parameters.replace(" ", "").lower().partition("q=")
    try:
        weighed = float(weight) if weight else 1.0
    except ValueError:
        weighed = 0.0
    return name.strip().lower().removeprefix("x-"), weighed
