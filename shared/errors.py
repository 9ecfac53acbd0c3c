"""Errors that a caller can act on: each becomes one RFC 9457 problem document."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FieldError:
    """One bad field: its dotted path, what is wrong and how to mend it."""

    field: str
    message: str
    value: str | None = None


class PabalError(Exception):
    """A refusal with an HTTP status and a stable kebab-case name.

    Subclasses fix ``status``, ``name`` and ``title``; an instance adds the ``detail``, the bad
    fields and, for 429 and 503, after how many seconds to come again.
    """

    status = 500
    name = "internal-error"
    title = "Something went wrong on our side"
    retry_after: int | None = None

    def __init__(self, detail: str, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)


class Malformed(PabalError):
    """The request is not what its type says: not JSON, not UTF-8, a bad cursor."""

    status, name, title = 400, "malformed", "The request could not be read"


class Unauthenticated(PabalError):
    """No key, or one that the hub does not know."""

    status, name, title = 401, "unauthenticated", "A valid key is needed"


class Forbidden(PabalError):
    """The key is known but its scope does not reach this far."""

    status, name, title = 403, "forbidden", "The key's scope does not allow this"


class NotFound(PabalError):
    """No such thing, or one that belongs to somebody else."""

    status, name, title = 404, "not-found", "Not found"


class Gone(PabalError):
    """It was here and has been withdrawn."""

    status, name, title = 410, "gone", "Withdrawn"


class Conflict(PabalError):
    """The request contradicts the present state."""

    status, name, title = 409, "conflict", "The request conflicts with the present state"


class StaleRevision(Conflict):
    """An older ``date_modified`` than the one held."""

    name, title = "stale-revision", "A newer revision is held"


class IdempotencyInFlight(Conflict):
    """The first request under this Idempotency-Key has not been answered yet."""

    name, title = "idempotency-in-flight", "A request with this Idempotency-Key is in flight"


class TooLarge(PabalError):
    """The body is over the documented limit."""

    status, name, title = 413, "too-large", "The request body is too large"


class UnsupportedMediaType(PabalError):
    """The content type is not one that this call takes."""

    status, name, title = 415, "unsupported-media-type", "The content type is not taken here"


class Invalid(PabalError):
    """A field breaks a rule; ``errors`` names each."""

    status, name, title = 422, "invalid", "Some fields are not valid"


class InvalidPost(Invalid):
    """A post breaks the shared schema."""

    name, title = "invalid-post", "The post is not valid"


class InvalidPartner(Invalid):
    """A partner record breaks the shared schema."""

    name, title = "invalid-partner", "The partner is not valid"


class InvalidEndpoint(Invalid):
    """An endpoint breaks the shared schema, or its URL may not be reached."""

    name, title = "invalid-endpoint", "The endpoint is not valid"


class InvalidSource(Invalid):
    """A source breaks the shared schema, or its URL may not be reached."""

    name, title = "invalid-source", "The source is not valid"


class IdempotencyMismatch(Invalid):
    """The same Idempotency-Key came with another body."""

    name, title = "idempotency-mismatch", "This Idempotency-Key was used with another body"


class TooManyRequests(PabalError):
    """The key has made all the requests that it may make in a second; come again."""

    status, name, title = 429, "too-many-requests", "Too many requests"
    retry_after = 1


class Unavailable(PabalError):
    """A server that the request needs is away; come again."""

    status, name, title = 503, "unavailable", "The hub cannot answer just now"
    retry_after = 2
