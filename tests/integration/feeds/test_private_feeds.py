"""A partner's private feeds over HTTP: whom they open to, what they hold, and what they hide."""

from collections.abc import Callable

import httpx
import pytest

from shared.keys import Scope
from shared.keys import hash_secret as hashed
from tests.integration.feeds.scenes import (
    TYPES,
    a_partner,
    a_post,
    atom,
    ids,
    item,
    published,
    read,
    rss,
    sent,
    tombstones,
    translations,
    withdrawn,
)
from tests.support.session import Api, settle

PRIVATE = {
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}
UNKNOWN = "0123456789abcdef" * 3


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """A feed reader: it has no key."""
    return caller()


@pytest.fixture
def bearing(caller: Callable[..., Api]) -> Callable[[str], Api]:
    """Make feed readers that send a token as Bearer."""
    return lambda token: _with(caller(), f"Bearer {token}")


def test_the_token_opens_every_document_in_the_path_and_as_bearer(
    admin: Api, reader: Api, bearing: Callable[[str], Api]
) -> None:
    token = a_partner(admin)
    published(admin, "a")
    bearer = bearing(token)
    for form, media_type in TYPES.items():
        for section in ("all", "news", "digests"):
            in_path = read(reader, f"/p/{token}/{section}.{form}")
            as_bearer = read(bearer, f"/p/-/{section}.{form}")
            assert in_path.headers["content-type"] == media_type
            assert in_path.text == as_bearer.text.replace("/p/-/", f"/p/{token}/")
    assert ids(reader, f"/p/{token}/all") == ids(bearer, "/p/-/news") == ["a"]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_is_read_as_the_rfc_has_it(admin: Api, reader: Api, scheme: str) -> None:
    authorization = f"{scheme} {a_partner(admin)}"
    read(_with(reader, authorization), "/p/-/all.json")


@pytest.mark.parametrize("place", ["path", "bearer"])
def test_private_documents_are_kept_by_nobody(
    admin: Api, reader: Api, bearing: Callable[[str], Api], place: str
) -> None:
    token = a_partner(admin)
    published(admin, "a")
    asking, path = (reader, token) if place == "path" else (bearing(token), "-")
    for form in TYPES:
        for method in ("GET", "HEAD"):
            headers = asking(method, f"/p/{path}/news.{form}").headers
            assert PRIVATE.items() <= headers.items()
            for absent in ("last-modified", "access-control-allow-origin", "set-cookie"):
                assert absent not in headers


def test_the_token_stands_in_links_to_the_document_alone(admin: Api, reader: Api) -> None:
    token = a_partner(admin)
    published(admin, "a", attachments=[{"url": "https://city.example/a.pdf", "mime_type": "a/b"}])
    published(admin, "gone")
    withdrawn(admin, "gone")
    feed = f"/p/{token}/news"
    own = {form: f"https://hub.example{feed}.{form}" for form in TYPES}
    for form in TYPES:
        answer = read(reader, f"{feed}.{form}")
        assert token not in answer.text.replace(own[form], "")
        assert answer.text.count(own[form]) == 1
        assert token not in str(answer.headers)
    assert read(reader, f"{feed}.json").json()["feed_url"] == own["json"]
    for tree, form in ((atom(reader, feed), "atom"), (rss(reader, feed), "rss")):
        selves = tree.xpath("//*[local-name()='link'][@rel='self']/@href")
        assert selves == [own[form]]
    assert token not in str(item(reader, feed, "a"))


def test_with_the_token_as_bearer_it_stands_nowhere(
    admin: Api, bearing: Callable[[str], Api]
) -> None:
    token = a_partner(admin)
    published(admin, "a")
    for form in TYPES:
        answer = read(bearing(token), f"/p/-/news.{form}")
        assert token not in answer.text
        assert token not in str(answer.headers)
        assert hashed(token) not in answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/p/{}/never-used.atom"), ("GET", "/p/{}/all.pdf"), ("GET", "/p/{}/all"),
     ("GET", "/p/{}/digests/dig_none"), ("GET", "/p/{}"), ("GET", "/p/{}/a/b/c"),
     ("POST", "/p/{}/all.atom"), ("GET", "/p/{}/all.atom/"), ("GET", "/p/{}/digests/"),
     ("GET", "/p/{}/%00.atom")],
)  # fmt: skip
def test_a_refusal_does_not_repeat_the_token(
    admin: Api, reader: Api, method: str, path: str
) -> None:
    token = a_partner(admin)
    answer = reader(method, path.format(token))
    assert answer.status_code in (400, 404, 405)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert token not in answer.text
    assert token not in str(answer.headers)


@pytest.mark.parametrize("token", [UNKNOWN, "-", "harbour", "%20", "%ED%A0%80", "é", "a" * 5000])
def test_an_unknown_token_is_404(admin: Api, reader: Api, token: str) -> None:
    a_partner(admin)
    published(admin, "a")
    for name in ("all.atom", "news.json", "digests.rss", "digests/dig_1"):
        assert _is_nothing(reader("GET", f"/p/{token}/{name}"))


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "{token}", "Basic {token}", f"Bearer {UNKNOWN}"]
)
def test_without_a_good_bearer_it_is_404(admin: Api, reader: Api, authorization: str) -> None:
    given = authorization.format(token=a_partner(admin))
    assert _is_nothing(_with(reader, given)("GET", "/p/-/all.atom"))


def test_a_token_in_the_path_is_not_mended_by_a_bearer(
    admin: Api, bearing: Callable[[str], Api]
) -> None:
    bearer = bearing(a_partner(admin))
    assert _is_nothing(bearer("GET", f"/p/{UNKNOWN}/all.atom"))


def test_a_token_is_no_key_and_a_key_no_token(
    admin: Api, caller: Callable[..., Api], bearing: Callable[[str], Api]
) -> None:
    bearer = bearing(a_partner(admin))
    assert bearer("GET", "/v1/partners/harbour").status_code == 401
    assert bearer("GET", "/v1/partners/harbour/digests").status_code == 401
    assert _is_nothing(caller(Scope.PARTNER, "harbour")("GET", "/p/-/all.atom"))
    assert _is_nothing(admin("GET", "/p/-/all.atom"))


@pytest.mark.parametrize("end", ["renewed", "deleted", "made again"])
def test_a_revoked_token_is_404_at_once(
    admin: Api, reader: Api, bearing: Callable[[str], Api], end: str
) -> None:
    token = a_partner(admin)
    other = a_partner(admin, "library")
    published(admin, "a")
    held = read(reader, f"/p/{token}/all.atom").headers["etag"]
    if end == "renewed":
        answer = admin("POST", "/v1/partners/harbour/token")
        assert ids(reader, f"/p/{answer.json()['token']}/all") == ["a"]
    else:
        assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    if end == "made again":
        assert ids(reader, f"/p/{a_partner(admin)}/all") == ["a"]
    for form in TYPES:
        asked = {"If-None-Match": held}
        assert _is_nothing(reader("GET", f"/p/{token}/all.{form}", headers=asked))
        assert _is_nothing(bearing(token)("GET", f"/p/-/all.{form}"))
    assert ids(reader, f"/p/{other}/all") == ["a"]


@pytest.mark.parametrize(
    ("interest", "seen"),
    [
        ({}, ["map", "ko", "en"]),
        ({"sections": ["news"]}, ["ko", "en"]),
        ({"sections": ["archives", "events"]}, ["map"]),
        ({"languages": ["en"]}, ["map", "en"]),
        ({"languages": ["en-US"]}, ["map"]),
        ({"languages": ["fr"]}, []),
        ({"tags": ["parks", "none"]}, ["map", "ko"]),
        ({"sections": ["news"], "languages": ["ko"], "tags": ["parks"]}, ["ko"]),
        ({"sections": ["archives"], "languages": ["ko"]}, []),
    ],
)
def test_the_interest_selects_the_posts(
    admin: Api, reader: Api, interest: dict[str, list[str]], seen: list[str]
) -> None:
    sent(admin, "en", date_published="2026-03-01", tags=["buses"])
    sent(admin, "ko", date_published="2026-03-02", language="ko-KR", tags=["parks"])
    sent(admin, "map", date_published="2026-03-03", language="en-US", section="archives",
         tags=["parks", "maps"])  # fmt: skip
    settle()
    token = a_partner(admin, interest=interest)
    assert ids(reader, f"/p/{token}/all") == seen
    assert ids(reader, f"/p/{token}/news") == [id for id in seen if id != "map"]
    assert ids(reader, f"/p/{token}/archives") == [id for id in seen if id == "map"]


def test_a_post_for_an_audience_is_seen_by_its_partners_alone(admin: Api, reader: Api) -> None:
    harbour, library, school = (a_partner(admin, id) for id in ("harbour", "library", "school"))
    sent(admin, "closed", audience=["harbour", "library"], section="dockside", tags=["t"],
         language="ko", content_html="<p>Only for two</p>")  # fmt: skip
    # Rendered after the other is there, and not before.
    published(admin, "open", date_published="2026-02-01")
    for token in (harbour, library):
        assert ids(reader, f"/p/{token}/all") == ["closed", "open"]
        assert ids(reader, f"/p/{token}/dockside") == ["closed"]
    assert ids(reader, f"/p/{school}/all") == ["open"]
    for form in TYPES:
        # That there is such a section is nobody else's business either.
        assert _is_nothing(reader("GET", f"/p/{school}/dockside.{form}"))
        for document in (f"/p/{school}/all", f"/p/{school}/digests", "/feeds/all"):
            text = read(reader, f"{document}.{form}").text
            assert "closed" not in text
            assert "Only for two" not in text
        for feed in ("dockside", "ko/all", "ko/dockside", "tag/t"):
            assert reader("GET", f"/feeds/{feed}.{form}").status_code == 404
    assert "dockside" not in read(reader, "/feeds").text


def test_nobody_learns_who_else_is_in_the_audience(admin: Api, reader: Api) -> None:
    token = a_partner(admin)
    published(admin, "closed", audience=["harbour", "the-rival"])
    for form in TYPES:
        text = read(reader, f"/p/{token}/all.{form}").text
        assert "Title of closed" in text
        assert "the-rival" not in text


def test_an_audience_beats_no_interest(admin: Api, reader: Api) -> None:
    token = a_partner(admin, interest={"sections": ["archives"]})
    published(admin, "closed", audience=["harbour"])
    assert ids(reader, f"/p/{token}/all") == ids(reader, f"/p/{token}/news") == []


def test_a_post_that_leaves_the_audience_leaves_its_feed(admin: Api, reader: Api) -> None:
    harbour, library = a_partner(admin), a_partner(admin, "library")
    published(admin, "a", title="For the harbour", audience=["harbour"])
    published(admin, "a", title="For the library", audience=["library"])
    for form in TYPES:
        text = read(reader, f"/p/{harbour}/all.{form}").text
        assert "For the" not in text
    assert ids(reader, f"/p/{harbour}/all") == tombstones(reader, f"/p/{harbour}/all") == []
    assert item(reader, f"/p/{library}/all", "a")["title"] == "For the library"


def test_scheduled_posts_are_in_no_private_feed(admin: Api, reader: Api) -> None:
    token = a_partner(admin)
    published(admin, "later", date_published="2999-01-01", audience=["harbour"])
    published(admin, "held", embargo_until="2999-01-01T00:00:00Z", section="soon")
    assert ids(reader, f"/p/{token}/all") == []
    assert _is_nothing(reader("GET", f"/p/{token}/soon.json"))


def test_a_withdrawn_post_is_a_tombstone_for_those_who_saw_it(admin: Api, reader: Api) -> None:
    harbour, library = a_partner(admin), a_partner(admin, "library")
    published(admin, "closed", audience=["harbour"])
    withdrawn(admin, "closed")
    assert ids(reader, f"/p/{harbour}/news") == []
    assert tombstones(reader, f"/p/{harbour}/news") == ["closed"]
    assert tombstones(reader, f"/p/{library}/all") == []
    assert "Title of closed" not in read(reader, f"/p/{harbour}/news.atom").text


def test_a_restricted_translation_is_named_to_nobody(admin: Api, reader: Api) -> None:
    token = a_partner(admin, "library")
    published(admin, "en")
    published(admin, "ko", language="ko", translation_of="en", audience=["harbour"])
    assert translations(reader, f"/p/{token}/all", "en") == []


def test_a_change_of_interest_shows_at_once(admin: Api, caller: Callable[..., Api]) -> None:
    token = a_partner(admin, interest={"sections": ["news"]})
    own, reader = caller(Scope.PARTNER, "harbour"), caller()
    published(admin, "a")
    published(admin, "map", section="archives")
    first = read(reader, f"/p/{token}/all.json")
    asked = {"If-None-Match": first.headers["etag"]}
    for interest, seen in (({"sections": ["archives"]}, ["map"]), ({"sections": []}, ["map", "a"])):
        answer = own("PATCH", "/v1/partners/harbour", json={"interest": interest})
        assert answer.status_code == 200
        assert reader("GET", f"/p/{token}/all.json", headers=asked).status_code == 200
        assert ids(reader, f"/p/{token}/all") == seen


@pytest.mark.parametrize("form", TYPES)
def test_who_has_the_document_gets_304_that_nobody_keeps(
    admin: Api, reader: Api, form: str
) -> None:
    token = a_partner(admin)
    published(admin, "a")
    path = f"/p/{token}/news.{form}"
    tag = read(reader, path).headers["etag"]
    for given in (tag, f"W/{tag}", f'"other", {tag}', "*", tag[:-1] + '-gzip"'):
        answer = reader("GET", path, headers={"If-None-Match": given})
        assert (answer.status_code, answer.content) == (304, b"")
        assert PRIVATE.items() <= answer.headers.items()
        assert answer.headers["etag"] == tag
        assert token not in str(answer.headers)
    published(admin, "b")
    assert read(reader, path, **{"If-None-Match": tag}).headers["etag"] != tag


def test_no_date_stands_for_a_private_document(admin: Api, reader: Api) -> None:
    """A change of interest moves no date, so a date must not bring 304."""
    token = a_partner(admin)
    published(admin, "a")
    read(reader, f"/p/{token}/news.atom", **{"If-Modified-Since": "Fri, 01 Jan 2999 00:00:00 GMT"})


def test_the_formats_and_partners_have_tags_of_their_own(admin: Api, reader: Api) -> None:
    tokens = [a_partner(admin, id) for id in ("harbour", "library")]
    published(admin, "a")
    tags = {
        read(reader, f"/p/{token}/news.{form}").headers["etag"]
        for token in tokens
        for form in TYPES
    }
    assert len(tags) == 2 * len(TYPES)


def test_an_id_is_the_same_in_every_feed_and_under_every_token(admin: Api, reader: Api) -> None:
    token, other = a_partner(admin), a_partner(admin, "library")
    published(admin, "한강 a")
    before = _names(reader, f"/p/{token}/news")
    renewed = admin("POST", "/v1/partners/harbour/token").json()["token"]
    assert _names(reader, f"/p/{renewed}/news") == before
    for feed in (f"/p/{other}/news", "/feeds/news"):
        feed_id, *entries = _names(reader, feed)
        assert entries == before[1:]
        assert feed_id != before[0]


def test_the_newest_fifty_of_what_the_partner_may_see(admin: Api, reader: Api) -> None:
    token = a_partner(admin)
    rows = [
        a_post(f"p{n:03}", date_published=f"2026-03-01T00:{n // 60:02}:{n % 60:02}Z",
               **({"audience": ["library"]} if n % 2 else {}))
        for n in range(110)
    ]  # fmt: skip
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == 110
    settle()
    assert ids(reader, f"/p/{token}/news") == [f"p{n:03}" for n in range(108, 9, -2)]


def _names(reader: Api, feed: str) -> list[str]:
    """Return the feed's Atom id and its entries'."""
    tree = atom(reader, feed)
    found: list[str] = tree.xpath("//*[local-name()='id']/text()")
    return found


def _with(reader: Api, authorization: str) -> Api:
    reader.http.headers["Authorization"] = authorization
    return reader


def _is_nothing(answer: httpx.Response) -> bool:
    """Tell that an answer says no more than that nothing is here."""
    return answer.status_code == 404 and answer.json()["detail"] == "nothing is here"
