"""``kill -9`` at every step of a mail: none is lost, and only the same one comes twice."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.integration.feeds.issues import DAILY, Clock, a_subscriber, announced, due, posted
from tests.integration.feeds.mails import DESK, SLOT, later, send, states
from tests.integration.feeds.programs.die_at import STEPS
from tests.support.mailbox import Mailbox
from tests.support.session import Api, settle

TAKEN = ("taken by the server", "the record is not committed")
"""Where the server has the mail already, and the ledger does not say so."""

OTHER = "b@harbour.example"


@pytest.fixture
def dying(mailbox: Mailbox) -> Iterator[Callable[[str], None]]:
    """Let a worker work at the slot, and die at a step."""
    command = [sys.executable, "-m", "tests.integration.feeds.programs.die_at"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        given, told = program.stdin, program.stdout

        def die(step: str) -> None:
            given.write(f"{step}|{SLOT}\n")
            given.flush()
            assert int(told.readline()) == -signal.SIGKILL

        yield die
        given.close()


def test_a_kill_at_any_step_loses_no_mail_and_repeats_only_the_same(
    admin: Api, time: Clock, mailbox: Mailbox, dying: Callable[[str], None]
) -> None:
    for number, step in enumerate(STEPS):
        id = f"partner-{number}"
        a_subscriber(admin, id, digest={**DAILY, "email": [DESK, OTHER]})
        posted(admin, time, "2026-03-10T06:00:00Z", f"post-{number}")
        mailbox.got.clear()
        dying(step)
        due(SLOT)
        send(SLOT)
        assert send(later(minutes=6)) + len(mailbox.got) > 0
        assert send(later(minutes=7)) == 0, step
        assert states(admin, id) == {DESK: "sent", OTHER: "sent"}, step
        bytes_of = {mail.content for mail in mailbox.got}
        assert len(bytes_of) == 2, step
        assert len(mailbox.got) == (3 if step in TAKEN else 2), step
        assert len({mail.message["Message-ID"] for mail in mailbox.got}) == 2, step
    settle()
    assert len(announced()) == len(STEPS)
