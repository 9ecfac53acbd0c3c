"""Endpoint: where a partner receives webhooks, and how."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared.schema.event import EventType
from shared.schema.fields import OneLine, Slug
from shared.schema.partner import Interest

# Ours (they describe or sign the body) and the hop-by-hop ones (RFC 9110, section 7.6.1).
_OWN_HEADERS = frozenset(
    {
        "host", "user-agent", "connection", "keep-alive", "proxy-authenticate",
        "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
        "accept-encoding", "expect",
    }
)  # fmt: skip
_OWN_PREFIXES = ("webhook-", "content-")


class Ordering(StrEnum):
    """What waits for what: the events of one post, or all of them."""

    POST = "post"
    STRICT = "strict"


class EndpointState(StrEnum):
    """Whether deliveries are sent, held by request, or held after lasting failure."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


def _headers(value: dict[str, str]) -> dict[str, str]:
    seen: set[str] = set()
    for name in value:
        lowered = name.lower()
        if lowered in _OWN_HEADERS or lowered.startswith(_OWN_PREFIXES):
            raise ValueError(f"the header {name!r} is set by the hub and cannot be given")
        if lowered in seen:
            raise ValueError(f"the header {name!r} is given twice; case makes no difference")
        seen.add(lowered)
    return value


HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")]
HeaderValue = Annotated[str, StringConstraints(pattern=r"^[\x20-\x7e]{0,1000}$")]
Description = Annotated[str, OneLine, StringConstraints(max_length=500)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Policy(_Frozen):
    """What of an endpoint may be changed later."""

    url: Annotated[str, StringConstraints(max_length=2048)]
    event_types: tuple[EventType, ...] = Field(default=(), max_length=16)
    interest: Interest = Interest()
    ordering: Ordering = Ordering.POST
    rate_per_second: float | None = Field(default=None, strict=True, gt=0, le=10_000)
    max_in_flight: int = Field(default=8, strict=True, ge=1, le=100)
    headers: Annotated[
        dict[HeaderName, HeaderValue], Field(max_length=20), AfterValidator(_headers)
    ] = Field(default_factory=dict)
    description: Description | None = None


class Endpoint(Policy):
    """An endpoint as a partner asks for it."""

    partner: Slug
