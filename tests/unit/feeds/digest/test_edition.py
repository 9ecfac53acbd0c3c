"""What each partner finds in an edition."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from services.feeds.digest.edition import Brought, Edition
from services.feeds.digest.stories import Named
from services.feeds.readers import Reader
from shared.interest import Facets, Interest
from shared.schema.partner import DigestSchedule

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
NEWS = Facets("news", "ko", ("parks",), None)
ARCHIVES = Facets("archives", "en", (), None)
CLOSED = Facets("news", "ko", (), ("harbour",))


def brought(id: str, facets: Facets, *, fresh: bool = True) -> Brought:
    url = f"https://news.example/{id}"
    post = Named(id, url, id, facets.section, facets.language, None, NOON, NOON)
    return Brought(post, facets, fresh)


def edition(*found: Brought, moved: tuple[tuple[str, Facets], ...] = ()) -> Edition:
    restricted = any(each.facets.audience is not None for each in found)
    posts = {each.post.id: each for each in found}
    return Edition(1, posts, moved, earlier=True, restricted=restricted)


def reader(id: str = "harbour", **interest: tuple[str, ...]) -> Reader:
    return Reader(id, id, "ko", ZoneInfo("UTC"), Interest(**interest), DigestSchedule(), NOON)


def told(shown: Edition, who: Reader, before: tuple[str, ...] = (), most: int = 9) -> list[str]:
    return [post.id for post in shown.news(who, before, most).posts]


def test_each_finds_what_it_asks_for_in_the_same_order() -> None:
    shown = edition(brought("c", NEWS), brought("b", ARCHIVES), brought("a", NEWS))
    assert told(shown, reader()) == ["c", "b", "a"]
    assert told(shown, reader(sections=("news",))) == ["c", "a"]
    assert told(shown, reader(languages=("en",))) == ["b"]
    assert told(shown, reader(tags=("none",))) == []


def test_only_its_audience_finds_a_restricted_post() -> None:
    shown = edition(brought("b", CLOSED), brought("a", NEWS))
    assert told(shown, reader("harbour")) == ["b", "a"]
    assert told(shown, reader("library")) == ["a"]
    assert [post.id for post in shown.those(reader("library"), ["a", "b", "z"])] == ["a"]


def test_a_revised_post_is_new_to_whom_it_did_not_concern_before() -> None:
    shown = edition(brought("a", NEWS, fresh=False), moved=(("a", ARCHIVES),))
    assert told(shown, reader(sections=("news",))) == ["a"]
    assert told(shown, reader(sections=("news",)), before=("a",)) == []
    assert told(shown, reader()) == []


def test_those_beyond_are_counted() -> None:
    shown = edition(brought("c", NEWS), brought("b", NEWS), brought("a", NEWS))
    assert told(shown, reader(), most=2) == ["c", "b"]
    assert shown.news(reader(), (), 2).beyond == 1


def test_partners_with_one_interest_and_language_share_the_news() -> None:
    shown = edition(brought("a", NEWS))
    assert shown.news(reader("harbour"), (), 9) is shown.news(reader("library"), (), 9)
