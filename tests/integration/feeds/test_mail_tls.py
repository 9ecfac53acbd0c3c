"""The way to the server: TLS that is verified, logging in, and what happens without them."""

from typing import Any

import pytest

from tests.integration.feeds.issues import Clock
from tests.integration.feeds.mails import DESK, SLOT, an_issue, mailing, mails, send, states
from tests.support.authority import Issuer, an_authority
from tests.support.mailbox import Mailbox, knows, receiving
from tests.support.session import Api

USER = "hub%40example:s3cret%3A%2F"
LOGIN = knows("hub@example", "s3cret:/")


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return an_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def trusted(issuer: Issuer) -> str:
    """The file of certificates that this process trusts in place of the machine's."""
    return str(issuer.folder / "authority.pem")


def test_starttls_and_login(admin: Api, time: Clock, issuer: Issuer, trusted: str) -> None:
    context = issuer.issue("127.0.0.1")
    an_issue(admin, time)
    with receiving(
        tls_context=context, require_starttls=True, auth_required=True, authenticator=LOGIN
    ) as server, mailing(_url(server, "smtp", "?starttls"), SSL_CERT_FILE=trusted):  # fmt: skip
        assert send(SLOT) == 1
        assert [(mail.recipient, mail.encrypted) for mail in server.got] == [(DESK, True)]


def test_tls_from_the_first_byte(admin: Api, time: Clock, issuer: Issuer, trusted: str) -> None:
    an_issue(admin, time)
    with receiving(tls=issuer.issue("127.0.0.1")) as server:
        url = f"smtps://127.0.0.1:{server.port}"
        with mailing(url, SSL_CERT_FILE=trusted):
            assert send(SLOT) == 1
        assert [(mail.recipient, mail.encrypted) for mail in server.got] == [(DESK, True)]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_that_nobody_vouches_for_is_not_spoken_to(
    admin: Api, time: Clock, issuer: Issuer, trusted: str, scheme: str
) -> None:
    context = issuer.issue("127.0.0.1", signed_by_itself=True)
    an_issue(admin, time)
    options = {"tls": context} if scheme == "smtps" else {"tls_context": context}
    with (
        receiving(**options) as server,
        mailing(_url(server, scheme, "?starttls"), SSL_CERT_FILE=trusted),
    ):
        assert send(SLOT) == 1
        assert server.got == []
    (mail,) = mails(admin)
    assert mail["state"] == "pending"
    assert "certificate verify failed: self-signed certificate" in mail["error"]


def test_a_server_without_starttls_gets_nothing_where_it_is_required(
    admin: Api, time: Clock
) -> None:
    an_issue(admin, time)
    with receiving() as server, mailing(_url(server, "smtp", "?starttls")):
        assert send(SLOT) == 1
        assert server.got == []
    (mail,) = mails(admin)
    assert mail["error"] == (
        "connect: SMTPNotSupportedError: STARTTLS extension not supported by server."
    )


def test_a_wrong_password_fails_nothing_for_good_and_is_shown_nowhere(
    admin: Api, time: Clock, issuer: Issuer, trusted: str, capfd: pytest.CaptureFixture[str]
) -> None:
    an_issue(admin, time)
    options: dict[str, Any] = {"tls_context": issuer.issue("127.0.0.1"), "require_starttls": True}
    with (
        receiving(auth_required=True, authenticator=knows("hub@example", "x"), **options) as server,
        mailing(_url(server, "smtp", "?starttls"), SSL_CERT_FILE=trusted),
    ):
        assert send(SLOT) == 1
        assert server.got == []
    (mail,) = mails(admin)
    assert (mail["state"], mail["attempts"]) == ("pending", 1)
    assert mail["error"].startswith("connect: 535 5.7.8")
    assert "s3cret" not in "".join(capfd.readouterr()) + mail["error"]


def test_the_name_that_we_greet_by_may_be_given(admin: Api, time: Clock) -> None:
    an_issue(admin, time)
    with receiving() as server, mailing(f"{server.url}?ehlo=out.hub.example"):
        assert send(SLOT) == 1
        assert server.got[0].greeting == "out.hub.example"
    assert states(admin) == {DESK: "sent"}


def _url(server: Mailbox, scheme: str, wishes: str = "") -> str:
    return f"{scheme}://{USER}@127.0.0.1:{server.port}{wishes}"
