"""A mail as bytes: what any reader makes of it, whatever stands in it."""

import email.policy
import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.mail.message import Listed, Mail, list_id, message_id, write
from shared.mail import Address, Mailbox, address
from shared.text import one_line

SAMPLE = Mail(
    sender=Mailbox("City News", Address("digest", "hub.example")),
    recipient=Address("desk", "harbour.example"),
    subject="City News: 2 posts (Mar 9–10, 2026)",
    text="City News\n\n* Night buses\n  https://city.example/1\n",
    html="<!DOCTYPE html>\n<p>Night buses</p>\n",
    language="en",
    date=datetime(2026, 3, 10, 7, tzinfo=UTC),
    message_id="<dig_1.0123456789abcdef01234567@hub.example>",
    listed=Listed("<harbour.digests.hub.example>", "https://hub.example/u/" + "0" * 48),
)
FIELDS = [
    "From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe",
    "List-Unsubscribe-Post", "Auto-Submitted", "Content-Language", "MIME-Version", "Content-Type",
]  # fmt: skip
INJECTING = 'a\r\nBcc: x@evil.example\r\n\r\n<b>b</b>\n.\n=?utf-8?q?c?= \x00\x85\u2028\ud800 "<>,;:'
ANY_TEXT = st.text() | st.text(st.sampled_from(INJECTING + "가é😀 \t"), max_size=300)
LOCAL = st.text(
    st.sampled_from("abzAZ09!#$%&'*+/=?^_`{|}~-.@가é\" \r\n<>,"), min_size=1, max_size=64
)


def read(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def lines(content: bytes) -> list[bytes]:
    return content.split(b"\r\n")


def test_a_mail_has_these_bytes() -> None:
    mail = replace(SAMPLE, subject="City News: 2 posts (Mar 9-10, 2026)")
    boundary = re.search(rb'boundary="(=_[0-9a-f]{40})"', write(mail))
    assert boundary is not None
    assert write(mail).replace(boundary[1], b"=_b").decode() == (
        "From: City News\r\n <digest@hub.example>\r\n"
        "To: <desk@harbour.example>\r\n"
        "Subject: City News: 2 posts (Mar 9-10, 2026)\r\n"
        "Date: Tue, 10 Mar 2026 07:00:00 +0000\r\n"
        "Message-ID: <dig_1.0123456789abcdef01234567@hub.example>\r\n"
        "List-Id: <harbour.digests.hub.example>\r\n"
        f"List-Unsubscribe: <https://hub.example/u/{'0' * 48}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "Content-Language: en\r\n"
        "MIME-Version: 1.0\r\n"
        'Content-Type: multipart/alternative; boundary="=_b"\r\n'
        "\r\n--=_b\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\nCity News\r\n\r\n* Night buses\r\n  https://city.example/1\r\n\r\n--=_b\r\n"
        "Content-Type: text/html; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n"
        "\r\n<!DOCTYPE html>\r\n<p>Night buses</p>\r\n\r\n--=_b--\r\n"
    )


@given(name=ANY_TEXT, subject=ANY_TEXT, text=ANY_TEXT, html=ANY_TEXT)
def test_nothing_that_is_said_can_add_a_field_or_a_part(
    name: str, subject: str, text: str, html: str
) -> None:
    sender = Mailbox(name, SAMPLE.sender.address)
    content = write(replace(SAMPLE, sender=sender, subject=subject, text=text, html=html))
    message = read(content)
    assert list(message) == FIELDS
    assert message["Subject"] == " ".join(one_line(subject).split())
    (found,) = message["From"].addresses
    assert found.addr_spec == "digest@hub.example"
    # Python 3.11 puts a space between the words of a name, which RFC 2047 says is not there.
    assert "".join(found.display_name.split()) == "".join(one_line(name).split())
    plain, rich = message.iter_parts()
    for part, given_text, kind in ((plain, text, "text/plain"), (rich, html, "text/html")):
        assert list(part) == ["Content-Type", "Content-Transfer-Encoding"]
        assert part.get_content_type() == kind
        wanted = re.sub(r"\r\n|\r", "\n", given_text).encode("utf-8", "replace")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert payload.replace(b"\r\n", b"\n").rstrip() == wanted.rstrip()
    assert message.defects == plain.defects == rich.defects == []
    assert content.isascii()
    assert max(map(len, lines(content))) <= 100
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert b"\r" not in content.replace(b"\r\n", b"")


@given(local=LOCAL, domain=LOCAL)
def test_an_address_is_refused_or_the_one_that_is_sent_to(local: str, domain: str) -> None:
    try:
        recipient = address(f"{local}@{domain}")
    except ValueError:
        return
    content = write(replace(SAMPLE, recipient=recipient))
    # From text: from bytes, Python takes what is not ASCII in a head for a defect.
    message = email.message_from_string(content.decode(), policy=email.policy.default)
    assert list(message) == FIELDS
    (found,) = message["To"].addresses
    assert found.addr_spec == str(recipient)
    assert content.isascii() is not recipient.international


@pytest.mark.parametrize("subject", ["[서울솔루션] " + "소식 " * 60, "x" * 900, "=?utf-8?q?x?="])
def test_a_long_subject_is_folded_into_encoded_words(subject: str) -> None:
    content = write(replace(SAMPLE, subject=subject))
    head = content.partition(b"\r\n\r\n")[0]
    assert read(content)["Subject"] == subject.strip()
    words = re.findall(rb"=\?[^ ]+\?=", head)
    assert words
    assert max(map(len, words)) <= 75  # RFC 2047, section 2
    for word in words:
        assert read(b"Subject: " + word + b"\r\n\r\n")["Subject"]


def test_text_of_few_letters_is_quoted_and_korean_is_packed() -> None:
    message = read(
        write(replace(SAMPLE, text="The tram is open — today\n" * 20, html="밤 버스 " * 200))
    )
    plain, rich = message.iter_parts()
    assert plain["Content-Transfer-Encoding"] == "quoted-printable"
    assert rich["Content-Transfer-Encoding"] == "base64"
    assert rich.get_content().strip() == ("밤 버스 " * 200).strip()


def test_the_same_mail_has_the_same_bytes_and_each_address_an_id_of_its_own() -> None:
    assert write(SAMPLE) == write(replace(SAMPLE))
    ids = {message_id("dig_1", f"{name}@harbour.example", "hub.example") for name in "abc"}
    assert len(ids) == 3
    same = message_id("dig_1", "DESK@Harbour.example", "hub.example")
    assert same == message_id("dig_1", "desk@harbour.example", "hub.example")


@pytest.mark.parametrize(("host", "right"), [("hub.example", "hub.example"), ("::1", "[::1]")])
def test_ids_end_in_the_hubs_host(host: str, right: str) -> None:
    assert message_id("dig_1", "a@b.example", host).endswith(f"@{right}>")
    assert list_id("harbour", host) == f"<harbour.digests.{right}>"


def test_a_sender_without_a_name_is_an_address_alone() -> None:
    sender: Any = read(write(replace(SAMPLE, sender=Mailbox("", SAMPLE.sender.address))))["From"]
    assert str(sender) == "digest@hub.example"
