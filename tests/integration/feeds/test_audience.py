"""Whatever becomes of posts: what a reader may not see is in no byte of what it can open."""

import re
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.integration.feeds.scenes import TYPES, a_partner, a_post
from tests.support.session import Api, settle

PARTNERS = ("ahn", "bae", "cho")
POSTS = 6
MARKER = re.compile(r"mark[0-9]+x")
AUDIENCES = st.one_of(
    st.just("public"),
    st.lists(st.sampled_from(PARTNERS), min_size=1, unique=True),
)
STEPS = st.lists(
    st.tuples(
        st.integers(0, POSTS - 1),
        st.one_of(AUDIENCES, st.just("withdraw"), st.just("embargo")),
        st.one_of(st.none(), st.integers(0, POSTS - 1)),
    ),
    min_size=1,
    max_size=12,
)


def marked(id: str, marker: str, other: str | None) -> dict[str, Any]:
    """Return a post that bears a marker wherever a publisher can write."""
    address = f"https://city.example/{marker}"
    return a_post(
        id,
        url=address,
        title=f"Title {marker}",
        summary=f"Summary {marker}",
        content_html=f"<p>Body {marker} <a href='{address}'>more</a></p>",
        tags=[marker, "shared"],
        authors=[{"name": f"Author {marker}"}],
        attachments=[{"url": f"{address}.pdf", "mime_type": "application/pdf", "title": marker}],
        rights=f"Rights {marker}",
        image=f"{address}.png",
        _note=marker,
        **({} if other is None else {"translation_of": other}),
    )


def documents(reader: Api, start: str, section: str = "news") -> Iterator[str]:
    """Yield the text and the header of all that stands below an address."""
    for form in TYPES:
        for name in ("all", section, "archive/1/all", "digests"):
            answer = reader("GET", f"{start}/{name}.{form}")
            yield f"{answer.headers} {answer.text}"


def public_pages(reader: Api, ids: list[str]) -> Iterator[str]:
    """Yield the text of the pages around the public feeds."""
    paths = ["/feeds", "/feeds/opml.xml", "/sitemap-news.xml", "/feeds/tag/shared.json"]
    for path in [*paths, *(f"/posts/{quote(id, safe='')}" for id in ids)]:
        yield reader("GET", path).text


def test_a_reader_finds_only_what_it_may_see(admin: Api, caller: Callable[..., Api]) -> None:
    tokens = {partner: a_partner(admin, partner) for partner in PARTNERS}
    reader, markers, examples = caller(), count(), count()

    @given(STEPS)
    @hypothesis_settings(
        max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    def holds(steps: list[tuple[int, Any, int | None]]) -> None:
        example = next(examples)
        ids = [f"{example}-{n}" for n in range(POSTS)]
        shown: dict[str, tuple[str, Any]] = {}
        for post, becomes, named in steps:
            id, marker = ids[post], f"mark{next(markers)}x"
            other = None if named is None or named == post else ids[named]
            if becomes == "withdraw":
                admin("DELETE", f"/v1/posts/{id}")
                shown.pop(id, None)
                continue
            more = {"embargo_until": "2999-01-01T00:00:00Z"} if becomes == "embargo" else {}
            audience = "public" if becomes == "embargo" else becomes
            body = {**marked(id, marker, other), **more, "audience": audience}
            assert admin("POST", "/v1/posts", json=body).status_code in (200, 201)
            shown[id] = marker, () if becomes == "embargo" else audience
        settle()
        for partner, token in tokens.items():
            seen = {marker for marker, to in shown.values() if to == "public" or partner in to}
            found = _markers(documents(reader, f"/p/{token}"))
            assert seen <= found
            assert found - seen <= before.get(partner, set())
            before.setdefault(partner, set()).update(seen)
        seen = {marker for marker, to in shown.values() if to == "public"}
        found = _markers([*documents(reader, "/feeds"), *public_pages(reader, ids)])
        assert seen <= found
        assert found - seen <= before.get("", set())
        before.setdefault("", set()).update(seen)

    before: dict[str, set[str]] = {}
    """What each reader still finds of earlier examples, whose posts stay as they are."""
    holds()


def _markers(texts: Any) -> set[str]:
    return {marker for text in texts for marker in MARKER.findall(text)}
