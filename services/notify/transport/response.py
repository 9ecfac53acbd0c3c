"""Reads one HTTP/1.1 response from whatever pieces it comes in. Pure: bytes in, state out."""

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

HEAD_LIMIT = 32 * 1024
BODY_LIMIT = 16 * 1024
# Chunk sizes, extensions and trailers are bytes as well: what frames a body is bounded too.
_FRAMING_LIMIT = 16 * 1024
_FIRST_FINAL_STATUS = 200
_FIRST_STATUS = 100
_SWITCHING_PROTOCOLS = 101


class ResponseReader:
    """One response: its status and headers, and the beginning of its body.

    ``head_complete`` says that the status is final. ``done`` says that there is nothing more to
    wait for: the body ended or is cut at its limit, or the peer broke the protocol (then
    ``error`` says how, if that was before the head was complete). ``reusable`` says that the
    connection can carry another exchange.
    """

    def __init__(
        self, *, bodiless: bool = False, head_limit: int = HEAD_LIMIT, body_limit: int = BODY_LIMIT
    ) -> None:
        """Expect one response; it has no body if ``bodiless`` (the answer to a HEAD request)."""
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = bytearray()
        self.head_complete = False
        self.body_complete = False
        self.done = False
        self.error: str | None = None
        self._bodiless = bodiless
        self._head_limit = head_limit
        self._body_limit = body_limit
        self._received = 0
        self._keep_alive = False
        self._surplus = False
        self._parser: HttpResponseParser | None = HttpResponseParser(self)
        # A lone LF ends a line too (RFC 9112 section 2.2).
        self._parser.set_dangerous_leniencies(lenient_optional_cr_before_lf=True)

    @property
    def reusable(self) -> bool:
        """Whether the response ended where it said, and the peer keeps the connection open."""
        return self.body_complete and self._keep_alive and not self._surplus

    def feed(self, data: bytes | memoryview) -> None:
        """Take the next bytes from the peer."""
        parser = self._parser
        if parser is None:
            self._surplus = True
            return
        self._received += len(data)
        try:
            parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as problem:
            self._surplus = True
            self._fail(str(problem) or type(problem).__name__)
        else:
            self._check_limits()
        if self.done:
            self._parser = None

    def end(self) -> None:
        """Take the end of the stream, which ends a body of unstated length."""
        if self.head_complete and not self.done and self._ends_with_stream():
            self.body_complete = True
        self._keep_alive = False
        self.done = True
        self._parser = None

    def retry_after(self) -> str | None:
        """Return the ``Retry-After`` header as it was sent, if any."""
        for name, value in self.headers:
            if name.lower() == b"retry-after":
                return value.decode("latin-1")
        return None

    def on_message_begin(self) -> None:
        """Note a second response, which nobody asked for."""
        if self.body_complete:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers are ignored."""
        if not self.head_complete:
            self.headers.append((name, value.strip()))

    def on_headers_complete(self) -> None:
        """Decide by the status; interim responses (1xx) are skipped."""
        parser = self._parser
        if parser is None or self.head_complete:
            return
        status = parser.get_status_code()
        if status < _FIRST_STATUS or status == _SWITCHING_PROTOCOLS:
            self._fail(f"status {status} was not asked for")
        elif status < _FIRST_FINAL_STATUS:
            self.headers.clear()
        elif self.error is None:
            self.status = status
            self.head_complete = True
            self._keep_alive = parser.should_keep_alive() and not self._bodiless
            self.done = self.body_complete = self._bodiless

    def on_body(self, data: bytes) -> None:
        """Keep the beginning of the body."""
        if self.body_complete:
            return
        room = self._body_limit - len(self.body)
        self.body += data[:room]
        if len(data) > room:
            self.done = True

    def on_message_complete(self) -> None:
        """Note the end of the body, unless it was cut or belonged to an interim response."""
        if self.head_complete and not self.done:
            self.done = self.body_complete = True

    def _ends_with_stream(self) -> bool:
        """Tell whether the body's length is unstated (RFC 9112 section 6.3)."""
        framing = {name.lower(): value.lower() for name, value in self.headers}
        chunked = framing.get(b"transfer-encoding", b"").endswith(b"chunked")
        return not chunked and b"content-length" not in framing

    def _check_limits(self) -> None:
        if not self.head_complete and self._received > self._head_limit:
            self._fail("the response header is too large")
        elif self._received > self._head_limit + self._body_limit + _FRAMING_LIMIT:
            self.done = True

    def _fail(self, reason: str) -> None:
        if not self.head_complete and self.error is None:
            self.error = reason
        self.done = True
