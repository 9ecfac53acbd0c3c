"""Whatever becomes of posts, plans and clocks: each post is told once, and none is lost."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.feeds import readers
from services.feeds.digest.issue import issue, issue_due
from services.feeds.digest.skipping import skip
from services.ingest.accept import accept
from services.ingest.relay import relay
from services.ingest.submit import remove, submit
from services.notify import partners
from shared.db import engine
from shared.errors import Conflict
from shared.schema.partner import Partner
from shared.settings import settings
from tests.integration.feeds.issues import at
from tests.integration.feeds.scenes import a_post
from tests.support.servers import TestServers

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLANS = (
    ("Asia/Seoul", {"cadence": "daily", "at": "08:00"}),
    ("America/New_York", {"cadence": "daily", "at": "02:30"}),
    ("Africa/Cairo", {"cadence": "weekly", "at": "00:00", "weekday": 5}),
    ("Australia/Lord_Howe", {"cadence": "daily", "at": "02:15", "empty": "send"}),
    ("UTC", {"cadence": "none"}),
)
_EXAMPLES = count()


@dataclass
class Post:
    """A post as it is now, and how often it was published."""

    section: str
    audience: str | None
    visible: bool = True
    publications: int = 1


@dataclass
class History:
    """Posts of one example and its two partners: one keeps its interest, one changes it."""

    number: int = field(default_factory=lambda: next(_EXAMPLES))
    now: datetime = field(default_factory=lambda: at("2026-03-06T00:00:00Z"))
    latest: datetime = field(default_factory=lambda: at("2026-03-06T00:00:00Z"))
    posts: dict[str, Post] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """Make the partners, and their first issues, which reach back but a day."""
        self.wanted = {f"keeps{self.number}": "ab", f"turns{self.number}": "a"}
        with engine.transaction() as connection:
            for id in self.wanted:
                zone, digest = PLANS[self.number % (len(PLANS) - 1)]
                record = Partner.model_validate(
                    {"id": id, "name": id, "timezone": zone, "digest": digest}
                )
                partners.create(connection, record, f"token of {id}")
            connection.execute(text("UPDATE notify.partner SET created_at = '2026-01-01T00:00Z'"))
        for id in self.wanted:
            self.turn(id, self.wanted[id])
        self.by_hand("issue")

    def end(self) -> None:
        """Take the partners away, so that no other example's worker meets them."""
        with engine.transaction() as connection:
            for id in self.wanted:
                partners.remove(connection, id)

    def wait(self, hours: float) -> None:
        """Let the clock go on, or back."""
        self.now += hours * HOUR
        self.latest = max(self.latest, self.now)

    def send(self, id: int, section: str, audience: str | None) -> None:
        """Publish, revise or restore a post, whatever it is for it."""
        name, held = f"{self.number}-{id}", self.posts.get(f"{self.number}-{id}")
        whom = None if audience is None else f"{audience}{self.number}"
        document = a_post(
            name, section=f"{section}{self.number}", title=f"Title {self.now} {section} {whom}",
            date_published="2026-01-01T00:00:00Z", **({} if whom is None else {"audience": [whom]}),
        )  # fmt: skip
        with engine.transaction() as connection:
            submit(connection, [accept(document, settings())], self.now, None)
        again = 0 if held is None else held.publications
        new = held is None or not held.visible
        self.posts[name] = Post(section, whom, publications=again + new)
        relay()

    def withdraw(self, id: int) -> None:
        """Withdraw a post if it was ever sent."""
        held = self.posts.get(f"{self.number}-{id}")
        if held is not None:
            with engine.transaction() as connection:
                remove(connection, f"{self.number}-{id}", None, self.now, None)
            held.visible = False
            relay()

    def turn(self, partner: str, sections: str) -> None:
        """Change a partner's interest."""
        self.wanted[partner] = sections
        self._change(partner, interest={"sections": [f"{one}{self.number}" for one in sections]})

    def plan(self, plan: int) -> None:
        """Change the plan of both partners."""
        zone, digest = PLANS[plan]
        for id in self.wanted:
            self._change(id, timezone=zone, digest=digest)

    def _change(self, partner: str, **fields: Any) -> None:
        with engine.transaction() as connection:
            before = partners.hold(connection, partner)
            record = Partner.model_validate({**before.model_dump(), **fields})
            partners.replace(connection, before, record, self.now)

    def by_hand(self, verb: str) -> None:
        """Issue a digest for both partners now, or skip their next one."""
        for id in self.wanted:
            with engine.snapshot() as connection:
                reader = readers.by_id(connection, id)
            if verb == "issue":
                issue(reader, self.now, self.now, tries=1, wait=True)
            elif reader.schedule.cadence != "none":
                try:
                    skip(id, None, self.now)
                except Conflict:
                    assert self.now < self.latest  # a clock that went back finds it settled
        self.check()

    def tick(self) -> None:
        """Do what the worker does each minute."""
        issue_due(self.now)
        self.check()

    def check(self) -> None:
        """Hold each new issue against what is visible now and came in its window."""
        for row in self._issues():
            if row.id in self.seen:
                continue
            self.seen.add(row.id)
            told = [post["id"] for post in row.posts]
            assert len(told) == len(set(told))
            assert set(told) <= self._admitted(row.partner)
            if row.state == "sent":
                came = self._published(row.from_sequence, row.until_sequence)
                assert came & self._admitted(row.partner) <= set(told)

    def finish(self) -> None:
        """Let all of it be told; then each post that is visible was, and as often as published."""
        self.plan(0)
        for days in (9, 9):
            self.now = self.latest
            self.wait(24 * days)
            self.tick()
        told: dict[str, Counter[str]] = {id: Counter() for id in self.wanted}
        for partner in self.wanted:
            issues = [row for row in self._issues() if row.partner == partner]
            covered = [row for row in issues if row.state in ("sent", "skipped")]
            for before, after in pairwise(covered):
                assert after.from_sequence == before.until_sequence
            for row in issues:
                told[partner].update(post["id"] for post in row.posts)
            for id, times in told[partner].items():
                assert times <= self.posts[id].publications
        keeps = f"keeps{self.number}"
        assert self._admitted(keeps) <= set(told[keeps])

    def _admitted(self, partner: str) -> set[str]:
        """Return the posts that a partner may see and asks for."""
        return {
            id
            for id, held in self.posts.items()
            if held.visible
            and held.audience in (None, partner)
            and held.section in self.wanted[partner]
        }

    def _issues(self) -> list[Any]:
        """Return this example's issues, in the order of what they cover."""
        query = text("""
            SELECT * FROM feeds.digest WHERE partner = ANY(:partners)
            ORDER BY until_sequence, from_sequence, slot
        """)
        with engine.transaction() as connection:
            return list(connection.execute(query, {"partners": list(self.wanted)}))

    def _published(self, after: int, until: int) -> set[str]:
        query = text("""
            SELECT post_id FROM ingest.event
            WHERE type = 'post.published' AND sequence > :after AND sequence <= :until
              AND starts_with(post_id, :own)
        """)
        given = {"after": after, "until": until, "own": f"{self.number}-"}
        with engine.transaction() as connection:
            return set(connection.scalars(query, given))


ACTS = st.lists(
    st.one_of(
        st.tuples(
            st.just("send"), st.integers(0, 4), st.sampled_from("aab"),
            st.sampled_from([None, None, "keeps", "turns"]),
        ),
        st.tuples(st.just("withdraw"), st.integers(0, 4)),
        st.tuples(st.just("wait"), st.sampled_from([0.5, 5, 13, 24, 100, 200, 2000])),
        st.tuples(st.just("wait"), st.sampled_from([-0.5, -30, -500])),
        st.tuples(st.just("tick")),
        st.tuples(st.just("plan"), st.integers(0, len(PLANS) - 1)),
        st.tuples(st.just("turn"), st.sampled_from(["a", "b", "ab"])),
        st.tuples(st.just("by_hand"), st.sampled_from(["issue", "skip"])),
    ),
    min_size=8,
    max_size=30,
)  # fmt: skip


@given(ACTS)
@hypothesis_settings(
    max_examples=12,
    phases=[Phase.reuse, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history(database: TestServers, acts: list[tuple[Any, ...]]) -> None:
    history = History()
    history.begin()
    try:
        for act, *given_to in acts:
            if act == "turn":
                history.turn(f"turns{history.number}", *given_to)
            else:
                getattr(history, act)(*given_to)
                if act == "wait" and history.now == history.latest:
                    history.tick()
        history.finish()
    finally:
        history.end()
