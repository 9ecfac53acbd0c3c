"""What became of one attempt, and the failures that lead there."""

import codecs
from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Why an attempt failed, in the words of the deliveries API.

    ``TOO_LARGE`` is part of that vocabulary, but the transport never yields it: the size of an
    answer's body changes only its excerpt, and a header without end is a ``PROTOCOL`` error.
    """

    HTTP = "http"
    DNS = "dns"
    REFUSED = "refused"
    RESET = "reset"
    TLS = "tls"
    TIMEOUT = "timeout"
    PROTOCOL = "protocol"
    TOO_LARGE = "too-large"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt.

    ``status`` is ``None`` where no response header arrived. ``error`` is ``None`` for 2xx only.
    ``duration_ms`` runs to the response header, or to the failure. ``excerpt`` is the beginning
    of the body. ``retry_after`` is that header as it was sent.
    """

    status: int | None
    error: ErrorCode | None
    duration_ms: int
    excerpt: str
    retry_after: str | None


class AttemptError(Exception):
    """An attempt that got no response header; ``code`` says why."""

    def __init__(self, code: ErrorCode, detail: str) -> None:
        """Keep the ``code`` for the ledger and the ``detail`` for people."""
        super().__init__(detail)
        self.code = code


def excerpt_text(body: bytes, *, whole: bool) -> str:
    """Decode the beginning of a body as UTF-8, with U+FFFD for what is not.

    NUL becomes U+FFFD as well, since PostgreSQL's text cannot hold it. Unless ``whole``, a
    character that the cut has split is left out.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return decoder.decode(body, final=whole).replace("\0", "\ufffd")
