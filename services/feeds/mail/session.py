"""A dialogue with the SMTP server (RFC 5321): one connection, many mails, all of it in time.

The steps are taken one by one, so that it is known how far a mail had come when it failed.
"""

import smtplib
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer

from services.feeds.mail.decision import Reply, Step
from shared.mail import Address, Server
from shared.text import one_line

ANSWER_SECONDS = 20.0
"""For how long one answer is waited for."""

MAIL_SECONDS = 60.0
"""For how long a mail may take, the connection included, however slowly a server drips."""

_LONGEST = 400
_OK, _OK_ELSEWHERE, _CLOSING = 250, 251, 421
_FAULTS = (smtplib.SMTPException, OSError)


class Session:
    """A connection that is made when first needed, and anew where it was lost."""

    def __init__(
        self,
        server: Server,
        greeting: str,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        mail_seconds: float = MAIL_SECONDS,
    ) -> None:
        """``greeting`` is the name that we give in EHLO, unless the server's URL gives one."""
        self._server = server
        self._greeting = server.ehlo or greeting
        self._answer_seconds = answer_seconds
        self._mail_seconds = mail_seconds
        self._client: _Client | None = None

    def send(self, sender: Address, recipient: Address, message: bytes) -> Reply | None:
        """Send one message to one address; None where the server has taken it.

        A connection that had been used before may have been closed meanwhile; then it is made
        anew, once, since nothing of this mail was sent yet.
        """
        used = self._client is not None
        reply = self._try(sender, recipient, message)
        if used and reply and reply.step is Step.MAIL and reply.code in (None, _CLOSING):
            return self._try(sender, recipient, message)
        return reply

    def close(self) -> None:
        """Say goodbye."""
        if self._client is not None:
            with suppress(*_FAULTS), self._client.within(self._answer_seconds):
                self._client.quit()
            self._drop()

    def _try(self, sender: Address, recipient: Address, message: bytes) -> Reply | None:
        if self._client is None:
            self._client = _Client(self._server, self._greeting, self._answer_seconds)
            fault = self._client.open(self._mail_seconds)
            if fault is not None:
                self._drop()
                return fault
        reply = self._client.deliver(sender, recipient, message, self._mail_seconds)
        if reply is not None and reply.code in (None, _CLOSING):
            self._drop()
        return reply

    def _drop(self) -> None:
        if self._client is not None:
            self._client.end()
            self._client = None


class _Client(smtplib.SMTP):
    """smtplib's, with the whole of each dialogue bounded, and its steps told apart."""

    def __init__(self, server: Server, greeting: str, answer_seconds: float) -> None:
        super().__init__(local_hostname=greeting, timeout=answer_seconds)
        self._server = server
        # Whose name the certificate has to bear.
        self._host = server.host
        self._tls = ssl.create_default_context()
        self._wire: socket.socket | None = None
        self._step = Step.CONNECT

    def open(self, seconds: float) -> Reply | None:
        """Connect, encrypt and log in; return what went wrong."""
        self._step = Step.CONNECT
        server = self._server
        try:
            with self.within(seconds):
                code, said = self.connect(server.host, server.port)
                if code != 220:
                    return self._reply(code, said)
                self.ehlo_or_helo_if_needed()
                if server.starttls:
                    self.starttls(context=self._tls)
                if server.user is not None:
                    self.login(server.user, server.password or "")
        except smtplib.SMTPResponseException as error:
            return self._reply(error.smtp_code, error.smtp_error)
        except _FAULTS as error:
            return self._lost(error)
        return None

    def deliver(
        self, sender: Address, recipient: Address, message: bytes, seconds: float
    ) -> Reply | None:
        """Go through one mail's steps; return where and how it was refused."""
        self._step = Step.MAIL
        try:
            with self.within(seconds):
                return self._deliver(sender, recipient, message)
        except _FAULTS as error:
            return self._lost(error)

    def end(self) -> None:
        """Close the connection without a word."""
        self.close()
        if self._wire is not None:
            self._wire.close()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Cut the connection where a block lasts longer."""
        timer = Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _deliver(self, sender: Address, recipient: Address, message: bytes) -> Reply | None:
        wishes = f" SIZE={len(message)}" if self.has_extn("size") else ""
        self.command_encoding = "ascii"
        if sender.international or recipient.international:
            if not self.has_extn("smtputf8"):
                return Reply(Step.MAIL, 550, "5.6.7 the server takes no SMTPUTF8")
            wishes += " BODY=8BITMIME SMTPUTF8"
            self.command_encoding = "utf-8"
        code, said = self.docmd("MAIL", f"FROM:<{sender}>{wishes}")
        if code != _OK:
            return self._refused(code, said)
        self._step = Step.RCPT
        code, said = self.docmd("RCPT", f"TO:<{recipient}>")
        if code not in (_OK, _OK_ELSEWHERE):
            return self._refused(code, said)
        self._step = Step.DATA
        try:
            code, said = self.data(message)
        except smtplib.SMTPDataError as error:
            return self._refused(error.smtp_code, error.smtp_error)
        return None if code == _OK else self._refused(code, said)

    def _refused(self, code: int, said: bytes | str) -> Reply:
        """Note a refusal, and make ready for the next mail."""
        reply = self._reply(code, said)
        if reply.code not in (None, _CLOSING):
            self.rset()
        return reply

    def _reply(self, code: int, said: bytes | str) -> Reply:
        text = said if isinstance(said, str) else said.decode("utf-8", "replace")
        # smtplib says -1 where an answer has no code.
        return Reply(self._step, code if code > 0 else None, one_line(text)[:_LONGEST])

    def _lost(self, error: Exception) -> Reply:
        said = one_line(str(error))[:_LONGEST]
        return Reply(self._step, None, f"{type(error).__name__}: {said}".rstrip(": "))

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        connection = socket.create_connection((host, port), timeout)
        # A second hold on the connection: the first one changes hands where TLS begins.
        self._wire = connection.dup()
        if self._server.implicit_tls:
            return self._tls.wrap_socket(connection, server_hostname=host)
        return connection

    def _cut(self) -> None:
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)
