"""A document's answer to a request: 200 or 304, in the coding that the client takes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from starlette.types import Receive, Scope, Send

from services.feeds.documents import Document
from services.feeds.serving.codings import Coding, choose, pack, weighed
from services.feeds.serving.conditional import http_date, is_current

RawHeaders = Iterable[tuple[bytes, bytes]]


class Asked(NamedTuple):
    """What of a request's header decides about the answer; None where it was not sent."""

    accept_encoding: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    a_im: str | None = None

    @property
    def wants_difference(self) -> bool:
        """Tell whether only what is new is wanted, by a client that says what it has."""
        if self.a_im is None or self.if_none_match is None:
            return False
        # In any case of letters, and not where it weighs nothing (RFC 3229, sections 10.1, 10.5.3).
        return dict(weighed(item) for item in self.a_im.split(",")).get("feed", 0.0) > 0


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; an ASGI application by itself."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Send it; without its body where only the header was asked for."""
        body = b"" if scope["method"] == "HEAD" else self.body
        await send(
            {"type": "http.response.start", "status": self.status, "headers": [*self.headers]}
        )
        await send({"type": "http.response.body", "body": body})


def asked(headers: RawHeaders) -> Asked:
    """Read a request's header; a list may come in several lines (RFC 9110, section 5.2)."""
    found: dict[bytes, str] = {}
    for name, value in headers:
        if name in _NAMES:
            text = value.decode("latin-1")
            found[name] = f"{found[name]}, {text}" if name in found else text
    return Asked(*(found.get(name) for name in _NAMES)) if found else _NOTHING


_NAMES = dict.fromkeys((b"accept-encoding", b"if-none-match", b"if-modified-since", b"a-im"))
_NOTHING = Asked()
_NO_MORE: Mapping[str, str] = {}


class Ready:
    """A document with its header, ready for any client: packed at most once in each coding."""

    def __init__(
        self,
        document: Document,
        headers: Mapping[str, str],
        *,
        status: int = 200,
        dated: bool = True,
    ) -> None:
        self.document = document
        self._status = status
        self._dated = dated
        # What a partner sees changes with its interest too, of which no date tells.
        moved = {"Last-Modified": http_date(document.last_modified)} if dated else {}
        self._headers = {**headers, **moved}
        self._whole: dict[Coding, Answer] = {}
        self._unchanged: dict[Coding, Answer] = {}
        self._packing = Lock()

    @property
    def size(self) -> int:
        """Return the bytes that it holds."""
        return len(self.document.body) + sum(len(whole.body) for whole in self._whole.values())

    def at_once(self, asked: Asked) -> Answer | None:
        """Return the answer to what is asked; None where the body has to be packed first."""
        coding = choose(asked.accept_encoding)
        if self.holds(asked):
            return self._unchanged.get(coding) or self._say_unchanged(coding)
        return self._whole.get(coding)

    def answer(self, asked: Asked) -> Answer:
        """Return the answer to what is asked; packing takes milliseconds.

        A crowd that asks for what has just changed waits for one that packs it.
        """
        if (found := self.at_once(asked)) is not None:
            return found
        with self._packing:
            return self.at_once(asked) or self._pack(choose(asked.accept_encoding))

    def holds(self, asked: Asked) -> bool:
        """Tell whether the client has this document."""
        since = asked.if_modified_since if self._dated else None
        if asked.if_none_match is None and since is None:
            return False
        document = self.document
        return is_current(document.etag, document.last_modified, asked.if_none_match, since)

    def _say_unchanged(self, coding: Coding) -> Answer:
        return self._unchanged.setdefault(coding, Answer(304, self._header(coding)))

    def _pack(self, coding: Coding) -> Answer:
        body = pack(self.document.body, coding)
        encoded = {} if coding is Coding.IDENTITY else {"Content-Encoding": coding.value}
        sized = {"Content-Type": self.document.media_type, "Content-Length": str(len(body))}
        header = self._header(coding, {**sized, **encoded})
        whole = self._whole[coding] = Answer(self._status, header, body)
        return whole

    def _header(
        self, coding: Coding, more: Mapping[str, str] = _NO_MORE
    ) -> list[tuple[bytes, bytes]]:
        vary = ", ".join(filter(None, ("Accept-Encoding", self._headers.get("Vary"))))
        etag = f'{self.document.etag[:-1]}{coding.suffix}"'
        pairs = {**self._headers, "ETag": etag, "Vary": vary, **more}
        return [(name.lower().encode(), value.encode("latin-1")) for name, value in pairs.items()]
