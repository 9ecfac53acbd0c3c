"""What follows from an answer: again later, failed, or no more mail to this address."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.feeds.mail.decision import (
    KEPT,
    WAITS,
    MailState,
    Reply,
    Settled,
    Standing,
    Step,
    decide,
    hindrance,
)

NOW = datetime(2026, 3, 10, 7, tzinfo=UTC)
MAY_GO = Standing(tries=1, owed_at=NOW, wanted=True, suppressed=None)


def test_what_is_taken_is_sent() -> None:
    assert decide(None, 6, NOW) == Settled(MailState.SENT)


@pytest.mark.parametrize("reply", [
    Reply(Step.RCPT, 450, "4.2.1 busy"), Reply(Step.DATA, None, "TimeoutError: timed out"),
    Reply(Step.MAIL, 354, "nonsense"),
    # A server that will not let us in may do so later, whatever code it gives.
    Reply(Step.CONNECT, 535, "5.7.8 bad credentials"), Reply(Step.CONNECT, 554, "5.7.1 go away"),
])  # fmt: skip
def test_a_temporary_failure_waits_longer_each_time_and_not_for_ever(reply: Reply) -> None:
    for number, wait in enumerate(WAITS, 1):
        assert decide(reply, number, NOW) == Settled(
            MailState.PENDING, str(reply), next_at=NOW + wait
        )
    assert decide(reply, len(WAITS) + 1, NOW) == Settled(MailState.FAILED, str(reply))


@pytest.mark.parametrize(("reply", "suppresses"), [
    (Reply(Step.RCPT, 550, "5.1.1 no such user"), True),
    (Reply(Step.RCPT, 550, "no such user"), True),
    (Reply(Step.RCPT, 553, ""), True),
    (Reply(Step.RCPT, 550, "5.2.1 disabled"), True),
    (Reply(Step.RCPT, 550, "5.2.2 full"), False),
    (Reply(Step.RCPT, 552, "full"), False),
    (Reply(Step.RCPT, 554, "5.7.1 relay access denied"), False),
    (Reply(Step.RCPT, 550, "5.7.26 unauthenticated sender"), False),
    (Reply(Step.RCPT, 530, "5.7.0 authenticate"), False),
    (Reply(Step.RCPT, 503, "need MAIL first"), False),
    (Reply(Step.MAIL, 550, "5.1.1 no"), False),
    (Reply(Step.DATA, 550, "5.1.1 no"), False),
])  # fmt: skip
def test_a_permanent_refusal_ends_a_mail_and_only_one_of_the_address_ends_all(
    reply: Reply, suppresses: bool
) -> None:
    settled = decide(reply, 1, NOW)
    assert (settled.state, settled.error, settled.next_at) == (MailState.FAILED, str(reply), None)
    assert settled.suppress == (f"refused: {reply}" if suppresses else None)


@given(st.sampled_from(Step), st.none() | st.integers(1, 999), st.text(), st.integers(1, 9))
def test_every_answer_has_a_consequence(
    step: Step, code: int | None, text: str, attempts: int
) -> None:
    settled = decide(Reply(step, code, text), attempts, NOW)
    assert (settled.state is MailState.PENDING) == (settled.next_at is not None)
    assert settled.suppress is None or settled.state is MailState.FAILED


def test_a_mail_is_looked_at_again_before_it_goes() -> None:
    assert hindrance(MAY_GO, NOW + KEPT) is None
    assert hindrance(MAY_GO, NOW + KEPT + timedelta(seconds=1)) == Settled(
        MailState.FAILED, "not sent within 3 days"
    )
    last, beyond = (Standing(n, NOW, True, None) for n in (6, 7))
    assert hindrance(last, NOW) is None
    assert hindrance(beyond, NOW) == Settled(MailState.FAILED, "every attempt was cut short")
    unwanted = Standing(1, NOW, False, None)
    assert hindrance(unwanted, NOW) == Settled(
        MailState.SUPPRESSED, "the partner does not name this address any more"
    )
    gone = Standing(1, NOW, False, "unsubscribed")
    assert hindrance(gone, NOW) == Settled(MailState.SUPPRESSED, "unsubscribed")
