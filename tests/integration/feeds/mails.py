"""Digests by mail in few words: where it goes, sending what is due, what the ledger says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.feeds.mail.send import send_due
from shared.settings import settings
from tests.integration.feeds.issues import DAILY, Clock, a_subscriber, at, due, ledger, posted
from tests.support.session import Api

SLOT = "2026-03-10T07:00:00Z"
SENDER = "서울솔루션 <digest@hub.example>"
DESK = "desk@harbour.example"


@contextmanager
def mailing(url: str | None, **variables: str) -> Iterator[None]:
    """Make this the server that takes our mail, for the length of a block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PABAL_SMTP_URL", url or "")
        patch.setenv("PABAL_MAIL_FROM", SENDER)
        for name, value in variables.items():
            patch.setenv(name, value)
        settings.cache_clear()
        yield
    settings.cache_clear()


def an_issue(admin: Api, time: Clock, *addresses: str, id: str = "harbour", **fields: Any) -> None:
    """Issue a digest with one post to addresses of a partner; no mail is sent yet."""
    a_subscriber(admin, id, digest={**DAILY, "email": list(addresses or (DESK,))}, **fields)
    posted(admin, time, "2026-03-10T06:00:00Z", f"post of {id}")
    assert due(SLOT) == 1


def send(moment: str | datetime) -> int:
    """Send what is due at a moment."""
    now = at(moment) if isinstance(moment, str) else moment
    return send_due(lambda: now)


def later(**after: float) -> datetime:
    """Return a moment so long after the slot."""
    return at(SLOT) + timedelta(**after)


def mails(admin: Api, id: str = "harbour") -> list[dict[str, Any]]:
    """Return the mails of a partner's latest issue, as the API shows them."""
    found: list[dict[str, Any]] = ledger(admin, id)[-1]["mail"]
    return found


def states(admin: Api, id: str = "harbour") -> dict[str, str]:
    """Return the state of each mail of a partner's latest issue."""
    return {mail["address"]: mail["state"] for mail in mails(admin, id)}
