"""Whatever becomes of posts: a full page never gains one, and none stands on two pages."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import count

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.feeds import store
from services.feeds.archive import archive, arrivals, closing, pages
from services.feeds.archive.archive import Archive
from services.feeds.definition import Definition
from services.ingest.accept import accept
from services.ingest.relay import relay
from services.ingest.submit import remove, submit
from shared.clock import utc_now
from shared.db import engine
from shared.db.ingest import revision
from shared.settings import settings
from tests.integration.feeds.scenes import a_post
from tests.support.servers import TestServers

SIZE = 2
_EXAMPLES = count()


@dataclass
class History:
    """Posts of one example, in sections and under a tag of its own, and what its pages held."""

    number: int = field(default_factory=lambda: next(_EXAMPLES))
    closed: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    def send(self, id: int, section: str, *, tagged: bool, title: str) -> None:
        """Publish, revise, restore or move a post, whatever it is for it."""
        post = a_post(f"{self.number}-{id}", title=title, section=f"{section}{self.number}",
                      tags=[f"t{self.number}"] if tagged else [])  # fmt: skip
        with engine.transaction() as connection:
            submit(connection, [accept(post, settings())], utc_now(), None)

    def withdraw(self, id: int) -> None:
        """Withdraw a post if it was ever sent."""
        with engine.transaction() as connection:
            name = f"{self.number}-{id}"
            if connection.scalar(select(revision.c.post_id).where(revision.c.post_id == name)):
                remove(connection, name, None, utc_now(), None)

    def archives(self) -> Iterator[Archive]:
        """Return the archives that these posts are in, with small pages."""
        for definition in (
            Definition(f"a{self.number}"),
            Definition(f"b{self.number}"),
            Definition(tag=f"t{self.number}"),
        ):
            yield replace(archive.of_definition(definition), size=SIZE)

    def check(self) -> None:
        """Read every page, and hold it against what it held before."""
        for kept in self.archives():
            held = _pages(kept)
            shown = [id for _, ids in held for id in ids]
            assert len(shown) == len(set(shown))
            for shown_page, ids in held:
                assert len(ids) <= SIZE
                if shown_page.until is not None:
                    name = (kept.feed, shown_page.number)
                    assert set(ids) <= self.closed.setdefault(name, set(ids))

    def settle(self) -> None:
        """Let the archives follow, and see that each post is found on just one page."""
        relay()
        arrivals.note()
        for kept in self.archives():
            closing.close(kept)
            with engine.snapshot() as connection:
                visible = store.entries(connection, kept.posts.all, limit=100)
                seen = {entry.id for entry in visible[:SIZE]}
                unseen = pages.unseen(connection, kept, seen, as_is=False)
            held = _pages(kept)
            assert sorted(id for _, ids in held for id in ids) == sorted(
                post.id for post in visible
            )
            older = (one.number for one, ids in held if not seen.issuperset(ids))
            assert unseen == max(older, default=None)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["send", "send", "withdraw", "settle"]),
        st.integers(0, 5),
        st.sampled_from("ab"),
        st.booleans(),
    ),
    min_size=5,
    max_size=30,
)


@given(ACTS)
@hypothesis_settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_history_of_posts(
    database: TestServers, acts: list[tuple[str, int, str, bool]]
) -> None:
    history = History()
    for step, (act, id, section, tagged) in enumerate(acts):
        if act == "send":
            history.send(id, section, tagged=tagged, title=f"Title {step}")
        elif act == "withdraw":
            history.withdraw(id)
        else:
            history.settle()
        history.check()
    history.settle()
    history.check()


def _pages(kept: Archive) -> list[tuple[pages.Page, list[str]]]:
    """Return the archive's pages and the posts that a reader sees there."""
    found: list[tuple[pages.Page, list[str]]] = []
    with engine.snapshot() as connection:
        while page := pages.get(connection, kept, len(found) + 1, as_is=True):
            found.append(
                (page, [entry.id for entry in pages.found(connection, kept, page).entries])
            )
    return found
