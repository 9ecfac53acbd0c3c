"""One hub a module, started as a user starts it, and what its sample file does to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.support.hub import Hub, running_hub
from tests.support.mailbox import Mailbox
from tests.support.mailbox import receiving as taking_mail
from tests.support.polling import until
from tests.support.receivers import Receiver, receiving

SAMPLE = Path(str(files("services.cli.demo"))) / "posts.ndjson"
POSTS = len(SAMPLE.read_text(encoding="utf-8").splitlines())
PATH = "/partner"


@dataclass(frozen=True, slots=True)
class Imported:
    """The sample file imported twice, and the endpoint that heard of it."""

    first: CompletedProcess[str]
    second: CompletedProcess[str]
    receiver: Receiver
    endpoint: str
    secret: str


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    with taking_mail() as server:
        yield server


@pytest.fixture(scope="module")
def hub(mailbox: Mailbox) -> Iterator[Hub]:
    sender = "서울솔루션 <digest@hub.example>"
    with running_hub(PABAL_SMTP_URL=mailbox.url, PABAL_MAIL_FROM=sender) as running:
        yield running


@pytest.fixture(scope="module")
def imported(hub: Hub) -> Iterator[Imported]:
    with receiving() as receiver:
        api = hub.api()
        partner = {"id": "harbour", "name": "Harbour", "language": "en", "timezone": "UTC"}
        assert api("POST", "/v1/partners", json=partner).status_code == 201
        asked = {"partner": "harbour", "url": receiver.url + PATH}
        made = api("POST", "/v1/endpoints", json=asked).json()
        api.close()
        first = hub.pabal("import", str(SAMPLE), "--json")
        until(lambda: len(receiver.got(PATH)) >= POSTS, "an event for each post")
        second = hub.pabal("import", str(SAMPLE), "--json")
        yield Imported(first, second, receiver, made["id"], made["secret"])
