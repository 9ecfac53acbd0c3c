"""A real SMTP server in this process: it keeps what it takes, and answers as it is told."""

import asyncio
import email.policy
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

OK = "250 2.0.0 taken"
HANG = "hang"
CLOSE = "close"
TAKE_AND_CLOSE = "take and close"
"""The mail is kept, and the connection lost before its sender hears of it."""


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came: its envelope, and its bytes."""

    sender: str
    recipient: str
    content: bytes
    greeting: str
    encrypted: bool

    @property
    def message(self) -> EmailMessage:
        """The mail, read by the standard library."""
        return email.message_from_bytes(self.content, policy=email.policy.default)


class Mailbox:
    """The server: ``got`` holds the mails in the order in which they were taken."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.got: list[Received] = []
        self._protocols: list[SMTP] = []
        self._answers: dict[str, deque[str]] = defaultdict(deque)
        self._options = options
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", 0, ssl=options.pop("ssl", None))
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it is, as a setting."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        """How many there have been."""
        return len(self._protocols)

    def plan(self, step: str, *answers: str) -> None:
        """Answer the next ``MAIL``, ``RCPT`` or ``DATA`` so; those after them are taken."""
        self._answers[step].extend(answers)

    def speak(self, **options: Any) -> None:
        """Serve later connections with these options of aiosmtpd's."""
        self._options.update(options)

    def to(self, address: str) -> list[Received]:
        """Return what came for an address."""
        return [mail for mail in self.got if mail.recipient == address]

    def close(self) -> None:
        """Close every connection and the server."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    # The library calls them by these names.
    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("MAIL", server)
        if answer.startswith("250"):
            envelope.mail_from = address
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self._answer("RCPT", server)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await self._answer("DATA", server)
        if answer.startswith("250") or answer == TAKE_AND_CLOSE:
            (recipient,) = envelope.rcpt_tos
            assert isinstance(envelope.original_content, bytes)
            assert envelope.mail_from is not None
            self.got.append(
                Received(
                    envelope.mail_from, recipient, envelope.original_content,
                    session.host_name or "", _encrypted(server),
                )
            )  # fmt: skip
        if answer == TAKE_AND_CLOSE:
            _cut(server)
        return answer

    async def _answer(self, step: str, server: SMTP) -> str:
        planned = self._answers[step]
        answer = planned.popleft() if planned else OK
        if answer == HANG:
            await asyncio.Event().wait()
        if answer == CLOSE:
            _cut(server)
        return answer

    def _protocol(self) -> SMTP:
        made = SMTP(self, loop=self._loop, hostname="mail.example", **self._options)
        self._protocols.append(made)
        return made

    async def _stop(self) -> None:
        self._server.close()
        ours = asyncio.current_task()
        tasks = [task for task in asyncio.all_tasks() if task is not ours]
        for task in tasks:
            task.cancel()
        for protocol in self._protocols:
            if protocol.transport is not None:
                _cut(protocol)
        await asyncio.gather(*tasks, return_exceptions=True)
        # What was aborted is closed in the loop's next round.
        await asyncio.sleep(0)


def _encrypted(server: SMTP) -> bool:
    assert server.transport is not None
    return server.transport.get_extra_info("ssl_object") is not None


def _cut(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.Transport)
    server.transport.abort()


def knows(user: str, password: str) -> Callable[..., AuthResult]:
    """Return an authenticator that admits one user."""

    def check(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any
    ) -> AuthResult:
        wanted = LoginPassword(user.encode(), password.encode())
        return AuthResult(success=given == wanted, handled=False)

    return check


@contextmanager
def receiving(*, tls: ssl.SSLContext | None = None, **options: Any) -> Iterator[Mailbox]:
    """Run a server; with ``tls`` it speaks TLS from the first byte. The rest is aiosmtpd's."""
    made = Mailbox({"enable_SMTPUTF8": True, "ssl": tls, **options})
    try:
        yield made
    finally:
        made.close()
