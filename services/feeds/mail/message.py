"""A mail as bytes: text and HTML of one issue for one address. Pure.

The head is written here, field by field: what the standard library does to long fields differs
between its versions, and a mail that is sent again has to have the same bytes. No value can end
its field: what comes from outside is encoded (RFC 2047), or made of a known alphabet.
"""

import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

from shared.mail import Address, Mailbox, normal
from shared.text import one_line

# Folded before 78 characters (RFC 5322, section 2.1.1).
_FOLDED = 76
_PLAIN = re.compile(r"[A-Za-z0-9 !#$%&'*+,./:;=?@\[\]()_-]{1,60}")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 _-]{1,40}")
# Bytes that take three in quoted-printable; base64 makes four of each three.
_ESCAPED = bytes([ord("="), *range(0x80, 0x100)])
_BREAK = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Listed:
    """What makes a message one of a list: its List-Id, and one address's own way out of it."""

    id: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Mail:
    """What a message is made of; URLs are ASCII, ``language`` is a BCP 47 tag.

    ``listed`` is None for one that is of no list, such as a test.
    """

    sender: Mailbox
    recipient: Address
    subject: str
    text: str
    html: str
    language: str
    date: datetime
    message_id: str
    listed: Listed | None


def message_id(digest: str, address: str, host: str) -> str:
    """Return the Message-ID of an issue for an address: the same whenever it is asked for."""
    hashed = hashlib.sha256(normal(address).encode()).hexdigest()[:24]
    return f"<{digest}.{hashed}@{_dotted(host)}>"


def list_id(partner: str, host: str) -> str:
    """Return the List-Id of a partner's digests (RFC 2919)."""
    return f"<{partner}.digests.{_dotted(host)}>"


def write(mail: Mail) -> bytes:
    """Return the message (RFC 5322), with lines that end in CRLF and hold 998 bytes at most.

    It is ASCII, but for an address whose local part is not (RFC 6532).
    """
    boundary = "=_" + hashlib.sha256(mail.message_id.encode()).hexdigest()[:40]
    parts = (("plain", mail.text), ("html", mail.html))
    lines = [f"{name}: {value}" for name, value in _head(mail, boundary)]
    written = ["\r\n".join(lines).encode(), b""]
    for subtype, text in parts:
        coding, body = _encoded(text)
        written += [
            f"--{boundary}".encode(),
            f"Content-Type: text/{subtype}; charset=utf-8".encode(),
            f"Content-Transfer-Encoding: {coding}".encode(),
            b"",
            body,
        ]
    return b"\r\n".join([*written, f"--{boundary}--".encode(), b""])


def _head(mail: Mail, boundary: str) -> Iterator[tuple[str, str]]:
    yield "From", _mailbox(mail.sender)
    yield "To", f"<{mail.recipient}>"
    yield "Subject", _encoded_words("Subject", mail.subject, _PLAIN)
    yield "Date", format_datetime(mail.date)
    yield "Message-ID", mail.message_id
    if mail.listed is not None:
        yield "List-Id", mail.listed.id
        # One-click (RFC 8058): one https URL, and the field that says so.
        yield "List-Unsubscribe", f"<{mail.listed.unsubscribe_url}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    yield "Auto-Submitted", "auto-generated"
    yield "Content-Language", mail.language
    yield "MIME-Version", "1.0"
    yield "Content-Type", f'multipart/alternative; boundary="{boundary}"'


def _mailbox(mailbox: Mailbox) -> str:
    name = one_line(mailbox.name)
    if not name:
        return f"<{mailbox.address}>"
    return f"{_encoded_words('From', name, _PLAIN_NAME)}\r\n <{mailbox.address}>"


def _encoded_words(field: str, value: str, plain: re.Pattern[str]) -> str:
    """Return unstructured text as it may stand in a field; it is one line before."""
    line = " ".join(one_line(value).split())
    if plain.fullmatch(line) and "=?" not in line:
        return line
    header = Header(line, "utf-8", maxlinelen=_FOLDED, header_name=field)
    return header.encode(linesep="\r\n")


def _encoded(text: str) -> tuple[str, bytes]:
    """Return a body and how it is encoded: the shorter of both ways (RFC 2045, section 6)."""
    raw = _BREAK.sub("\r\n", text).encode("utf-8", "replace")
    escaped = len(raw) - len(raw.translate(None, _ESCAPED))
    if 2 * escaped <= len(raw) // 3:
        return "quoted-printable", binascii.b2a_qp(raw, istext=True)
    packed = binascii.b2a_base64(raw, newline=False)
    lines = (packed[start : start + _FOLDED] for start in range(0, len(packed), _FOLDED))
    return "base64", b"\r\n".join(lines)


def _dotted(host: str) -> str:
    """Return a host as it may stand right of an @: an address of IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host
