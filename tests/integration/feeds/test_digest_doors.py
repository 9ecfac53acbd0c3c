"""Who reaches an issue, and where: its own link, the partner's pages and feed, the ledger."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from shared.db import engine
from shared.keys import Scope
from tests.integration.feeds.issues import (
    HUB,
    Clock,
    a_subscriber,
    due,
    issued_now,
    ledger,
    page,
    posted,
    posts_of,
    told,
)
from tests.integration.feeds.scenes import (
    ATOM,
    TYPES,
    atom,
    ids,
    item,
    read,
    rss,
    text_of,
    withdrawn,
)
from tests.support.session import Api

SLOT, NEXT = "2026-03-10T07:00:00Z", "2026-03-11T07:00:00Z"
PRIVATE = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
    "x-content-type-options": "nosniff",
}


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """Somebody without a key."""
    return caller()


def test_its_own_link_opens_it_for_whoever_has_it(admin: Api, time: Clock, reader: Api) -> None:
    token = a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    (issue,) = ledger(admin)
    assert issue["url"].startswith(f"{HUB}/d/")
    answer = page(reader, issue)
    assert answer.status_code == 200
    assert "Title of a" in answer.text
    assert PRIVATE.items() <= answer.headers.items()
    assert "script" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in answer.headers
    for secret in (token, "/p/", "pabal_"):
        assert secret not in answer.text
        assert secret not in str(answer.headers)
    assert reader("HEAD", issue["url"].removeprefix(HUB)).status_code == 200


def test_the_partners_token_opens_the_same(
    admin: Api, time: Clock, reader: Api, caller: Callable[..., Api]
) -> None:
    token = a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    (issue,) = ledger(admin)
    opened = page(reader, issue)
    bearer = {"Authorization": f"Bearer {token}"}
    for answer in (
        reader("GET", f"/p/{token}/digests/{issue['id']}"),
        reader("GET", f"/p/-/digests/{issue['id']}", headers=bearer),
    ):
        assert answer.status_code == 200
        assert text_of(answer.text).replace("All issues ", "") == text_of(opened.text)
        assert token not in answer.text
        assert PRIVATE.items() <= answer.headers.items()
        assert token not in str(answer.headers)


def test_nobody_else_opens_it(admin: Api, time: Clock, reader: Api) -> None:
    token, other = a_subscriber(admin), a_subscriber(admin, "library")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    issue, others = ledger(admin)[0], ledger(admin, "library")[0]
    opaque = issue["url"].rpartition("/")[2]
    for path in (
        f"/p/{other}/digests/{issue['id']}", f"/p/{token}/digests/{others['id']}",
        f"/p/{token}/digests/{opaque}", f"/p/{opaque}/digests/{issue['id']}",
        f"/p/-/digests/{issue['id']}", f"/d/{issue['id']}", f"/d/{token}", f"/d/{'0' * 48}",
        "/d/harbour", f"/d/{opaque}/", f"/d/{opaque[:-1]}",
    ):  # fmt: skip
        answer = reader("GET", path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        for secret in (token, other):
            assert secret not in answer.text


def test_its_own_link_outlives_the_token_but_not_the_partner(
    admin: Api, time: Clock, reader: Api
) -> None:
    token = a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    (issue,) = ledger(admin)
    assert admin("POST", "/v1/partners/harbour/token").status_code == 200
    assert reader("GET", f"/p/{token}/digests/{issue['id']}").status_code == 404
    assert page(reader, issue).status_code == 200
    assert admin("DELETE", "/v1/partners/harbour").status_code == 204
    answer = page(reader, issue)
    assert answer.status_code == 404
    assert "harbour" not in answer.text
    assert admin("GET", "/v1/partners/harbour/digests").status_code == 404


@pytest.mark.parametrize("state", ["due", "skipped", "failed"])
def test_what_was_not_sent_has_no_page(admin: Api, time: Clock, reader: Api, state: str) -> None:
    token = a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    (issue,) = ledger(admin)
    with engine.transaction() as connection:
        connection.execute(text("UPDATE feeds.digest SET state = :state"), {"state": state})
    assert ledger(admin)[0]["url"] is None
    assert page(reader, issue).status_code == 404
    assert reader("GET", f"/p/{token}/digests/{issue['id']}").status_code == 404
    assert ids(reader, f"/p/{token}/digests") == []


def test_the_partners_digest_feed_lists_what_was_sent(admin: Api, time: Clock, reader: Api) -> None:
    token, other = a_subscriber(admin), a_subscriber(admin, "library")
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due(SLOT)
    posted(admin, time, "2026-03-11T06:00:00Z", "b", audience=["harbour"])
    posted(admin, time, "2026-03-11T06:01:00Z", "c", audience=["harbour"])
    due(NEXT)
    due("2026-03-12T07:00:00Z")
    feed = f"/p/{token}/digests"
    first, second, skipped = ledger(admin)
    assert skipped["state"] == "skipped"
    assert ids(reader, feed) == [second["id"], first["id"]]
    assert ids(reader, f"/p/{other}/digests") == [ledger(admin, "library")[0]["id"]]
    entry = item(reader, feed, second["id"])
    assert entry["title"] == "City News: 2 posts (Mar 10 – 11, 2026)"
    assert (entry["url"], entry["date_published"]) == (second["url"], NEXT)
    assert entry["content_text"] == "Title of c\nTitle of b"
    assert [
        link.get("href") for link in atom(reader, feed).iterfind(f"{ATOM}entry/{ATOM}link")
    ] == [
        second["url"],
        first["url"],
    ]
    assert rss(reader, feed).findtext("channel/item/link") == second["url"]
    for form in TYPES:
        own = f"{HUB}{feed}.{form}"
        assert token not in read(reader, f"{feed}.{form}").text.replace(own, "")
        assert "Title of b" not in read(reader, f"/p/{other}/digests.{form}").text


def test_a_withdrawn_post_leaves_the_digest_feed(admin: Api, time: Clock, reader: Api) -> None:
    token = a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:01:00Z", "b")
    posted(admin, time, "2026-03-10T06:02:00Z", "c")
    due(SLOT)
    feed, (issue,) = f"/p/{token}/digests", ledger(admin)
    tags = [read(reader, f"{feed}.{form}").headers["etag"] for form in TYPES]
    time.is_at("2026-03-10T09:00:00Z")
    withdrawn(admin, "a")
    posted(admin, time, "2026-03-10T10:00:00Z", "c", audience=["library"])
    assert item(reader, feed, issue["id"])["content_text"] == "Title of b"
    assert item(reader, feed, issue["id"])["date_modified"] == "2026-03-10T10:00:00Z"
    assert read(reader, f"{feed}.json").json()["_pabal"]["updated"] == "2026-03-10T10:00:00Z"
    for form, tag in zip(TYPES, tags, strict=True):
        answer = read(reader, f"{feed}.{form}", **{"If-None-Match": tag})
        assert "Title of a" not in answer.text
        assert "Title of c" not in answer.text


def test_the_ledger_tells_of_each_issue(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    due("2026-03-10T07:00:30Z")
    (issue,) = ledger(admin)
    assert {"id", "from", "until", "state", "posts", "sent_at"} <= set(issue)
    assert issue["id"].startswith("dig_")
    assert (issue["state"], issue["sent_at"]) == ("sent", "2026-03-10T07:00:30Z")
    assert (issue["until"], posts_of(issue)) == (SLOT, ["a"])


def test_the_ledger_is_walked_by_cursor_the_newest_first(admin: Api) -> None:
    a_subscriber(admin)
    slots = [f"2026-03-{day}T07:00:00Z" for day in (10, 11, 12)]
    for slot in slots:
        due(slot)
    path = "/v1/partners/harbour/digests"
    first = admin("GET", f"{path}?limit=2").json()
    rest = admin("GET", path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    walked = [issue["until"] for issue in (*first["items"], *rest["items"])]
    assert walked == slots[::-1]
    assert rest["next_cursor"] is None
    for cursor in ("nonsense", "WzFd", "WyJub25zZW5zZSJd"):
        assert admin("GET", path, params={"cursor": cursor}).status_code == 400


def test_a_partners_key_reads_previews_and_issues_its_own_alone(
    admin: Api, time: Clock, caller: Callable[..., Api]
) -> None:
    for id in ("harbour", "library"):
        a_subscriber(admin, id)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    time.is_at(SLOT)
    own = caller(Scope.PARTNER, "harbour")
    assert own("POST", "/v1/partners/harbour/digests/preview").json()["posts"] == ["a"]
    assert issued_now(own, time, SLOT)["state"] == "sent"
    assert told(own) == [["a"]]
    for other in ("library", "nobody"):
        for method, path in (("GET", ""), ("POST", ""), ("POST", "/preview")):
            answer = own(method, f"/v1/partners/{other}/digests{path}")
            assert (answer.status_code, answer.json()["detail"]) == (404, "no such thing")
    assert ledger(admin, "library") == []


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [(Scope.OPERATE, (200, 200, 403)), (Scope.PUBLISH, (403, 403, 403)), (None, (401, 401, 401)),
     (Scope.ADMIN, (200, 200, 201))],
)  # fmt: skip
def test_who_may_read_preview_and_issue(
    admin: Api, caller: Callable[..., Api], scope: Scope | None, statuses: tuple[int, ...]
) -> None:
    a_subscriber(admin)
    asking, path = caller(scope), "/v1/partners/harbour/digests"
    calls = (("GET", path), ("POST", f"{path}/preview"), ("POST", path))
    assert tuple(asking(*call).status_code for call in calls) == statuses


def test_of_an_unknown_partner_there_is_nothing(admin: Api) -> None:
    path = "/v1/partners/nobody/digests"
    for method, where in (("GET", path), ("POST", f"{path}/preview"), ("POST", path)):
        assert admin(method, where).status_code == 404
