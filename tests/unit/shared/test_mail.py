"""Addresses and servers as people write them."""

import pytest
from pydantic import ValidationError

from shared.mail import Address, Mailbox, Server, address, mailbox, normal, server
from shared.settings import Settings


@pytest.mark.parametrize(("text", "found"), [
    ("desk@harbour.example", Address("desk", "harbour.example")),
    ("Desk+x@Harbour.EXAMPLE", Address("Desk+x", "harbour.example")),
    ("a@bücher.example", Address("a", "xn--bcher-kva.example")),
    ("한글@b.example", Address("한글", "b.example")),
    ("a@my_host", Address("a", "my_host")),
])  # fmt: skip
def test_an_address_is_read(text: str, found: Address) -> None:
    assert address(text) == found


@pytest.mark.parametrize("text", [
    "", "a", "@b", "a@", "a b@c", '"a"@b', "a@b@c", ".a@b", "a.@b", "a..b@c", "a@b..c", "a@-b",
    "a\n@b", "a@b\n", "a\x00@b", "a\u202e@b", "a\u200b@b", "a@[127.0.0.1]", "a" * 65 + "@b",
    "가" * 22 + "@b", "a@" + "b" * 256, "a@가.\u3002.example",
])  # fmt: skip
def test_what_no_mail_can_be_sent_to_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="@"):
        address(text)


def test_two_spellings_of_an_address_are_one() -> None:
    assert normal("DESK@Bücher.example") == normal("desk@xn--bcher-kva.example")
    assert normal("nonsense") == "nonsense"
    assert normal("a@..") == "a@.."


@pytest.mark.parametrize(("text", "name", "found"), [
    ("digest@hub.example", "", "digest@hub.example"),
    ("서울솔루션 <digest@hub.example>", "서울솔루션", "digest@hub.example"),
    ('"Seoul,  City" <digest@hub.example>', "Seoul, City", "digest@hub.example"),
    ("<digest@hub.example>", "", "digest@hub.example"),
])  # fmt: skip
def test_a_mailbox_may_have_a_name(text: str, name: str, found: str) -> None:
    assert mailbox(text) == Mailbox(name, address(found))


@pytest.mark.parametrize(("url", "found"), [
    ("smtp://mail.example", Server("mail.example", 587, False, True)),
    ("smtp://mail.example:25?tls=off", Server("mail.example", 25, False, False)),
    ("smtps://mail.example", Server("mail.example", 465, True, False)),
    ("smtp://localhost:2525", Server("localhost", 2525, False, False)),
    ("smtp://127.0.0.1/", Server("127.0.0.1", 587, False, False)),
    ("smtp://[::1]:25", Server("::1", 25, False, False)),
    ("smtp://127.0.0.1?starttls", Server("127.0.0.1", 587, False, True)),
    ("smtp://u%40x:p%3A@mail.example?starttls&ehlo=out.example",
     Server("mail.example", 587, False, True, "u@x", "p:", "out.example")),
])  # fmt: skip
def test_a_server_is_read(url: str, found: Server) -> None:
    assert server(url) == found


@pytest.mark.parametrize("url", [
    "", "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:x",
    "smtp://mail.example/x", "smtp://mail.example?tls=maybe", "smtp://mail.example?x=1",
    "smtp://[::1",
])  # fmt: skip
def test_what_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"must be smtp|takes"):
        server(url)


def test_settings_name_who_sends_and_hide_the_password() -> None:
    given = Settings(smtp_url="smtp://hub:s3cret@mail.example", mail_from="City <a@b.example>")
    assert given.sender == Mailbox("City", address("a@b.example"))
    assert given.mail_server is not None
    assert given.mail_server.password == "s3cret"
    assert "s3cret" not in repr(given) + repr(given.mail_server)


def test_without_settings_mail_is_kept_and_comes_from_the_hub() -> None:
    given = Settings(smtp_url="", mail_from="", title="City", public_url="https://hub.example:8/x")
    assert given.mail_server is None
    assert given.sender == Mailbox("City", address("digests@hub.example"))


def test_a_public_address_in_hangul_is_written_in_ascii() -> None:
    given = Settings(public_url="https://파발.example:8443/hub", mail_from="")
    assert given.base_url == "https://xn--ih3bl33b.example:8443/hub"
    assert str(given.sender.address) == "digests@xn--ih3bl33b.example"


@pytest.mark.parametrize("given", [{"smtp_url": "x://s3cret"}, {"mail_from": "s3cret"}])
def test_settings_that_cannot_be_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate(given)
    assert "s3cret" not in str(refused.value)
