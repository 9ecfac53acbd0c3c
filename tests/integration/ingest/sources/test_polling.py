"""Polling: entries become posts, once, and stay what they are."""

import gzip
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.ingest.sources.feeds import Item, rss
from tests.integration.ingest.submissions import told
from tests.support.origin import Origin, Page
from tests.support.session import Api

Add = Callable[..., str]
Poll = Callable[[str], dict[str, Any]]
FEED = rss([Item("urn:1")])


def report(shown: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return what became of the entries: stored, unchanged, refused, elsewhere."""
    last = shown["last_report"]
    return last["stored"], last["unchanged"], last["refused"], last["elsewhere"]


def posts(admin: Api) -> dict[str, str]:
    """Return the posts' titles by id."""
    return {post["id"]: post["title"] for post in admin("GET", "/v1/posts").json()["items"]}


def test_entries_become_posts_of_the_section(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    extra = (
        '<enclosure url="https://city.example/%EC%95%88.pdf" length="12" type="application/pdf"/>'
        "<category>transport</category><author>kim@city.example (Kim)</author>"
    )
    items = [Item("tag:city.example,2026:1", extra=extra, title="Night &amp; day")]
    shown = polled(add(origin.page("/feed", rss(items))))
    assert (shown["state"], shown["last_status"], shown["last_error"]) == ("active", 200, None)
    assert report(shown) == (1, 0, 0, 0)
    post = admin("GET", "/v1/posts/tag:city.example,2026:1").json()
    assert post == {
        "id": "tag:city.example,2026:1",
        "url": "https://city.example/news/1",
        "title": "Night & day",
        "section": "news",
        "language": "en",
        "content_html": "<p>Until four.</p>",
        "content_text": "Until four.",
        "date_published": "2026-03-01T00:00:00Z",
        "authors": [{"name": "Kim"}],
        "tags": ["transport"],
        "attachments": [
            {
                "url": "https://city.example/%EC%95%88.pdf",
                "mime_type": "application/pdf",
                "size_in_bytes": 12,
            }
        ],
        "audience": "public",
        "_pabal": {"revision": 1, "state": "published", "sequence": None},
    }


def test_validators_are_sent_back_and_a_304_changes_nothing(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    modified = "Sun, 01 Mar 2026 00:00:00 GMT"
    url = origin.page("/feed", rss([Item("urn:1")]), ETag='"v1"', Last_Modified=modified)
    id = add(url)
    polled(id)
    origin.page("/feed", status=304)
    shown = polled(id)
    first, second = origin.requests("/feed")
    assert "if-none-match" not in first.headers
    assert second.headers["if-none-match"] == '"v1"'
    assert second.headers["if-modified-since"] == modified
    assert (shown["last_status"], shown["last_error"]) == (304, None)
    assert report(shown) == (1, 0, 0, 0)
    polled(id)
    assert origin.requests("/feed")[2].headers["if-none-match"] == '"v1"'


def test_nothing_new_makes_no_event(admin: Api, origin: Origin, add: Add, polled: Poll) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1"), Item("urn:2")])))
    polled(id)
    assert report(polled(id)) == (0, 2, 0, 0)
    assert told() == [("post.published", "urn:2"), ("post.published", "urn:1")]


def test_a_retitled_entry_is_the_same_post(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1")])))
    polled(id)
    origin.page("/feed", rss([Item("urn:1", title="Night buses, corrected")]))
    assert report(polled(id)) == (1, 0, 0, 0)
    assert posts(admin) == {"urn:1": "Night buses, corrected"}
    assert told() == [("post.published", "urn:1"), ("post.updated", "urn:1")]


def test_a_changed_guid_at_the_same_address_is_the_same_post(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:old", link="http://city.example/news/1")])))
    polled(id)
    origin.page("/feed", rss([Item("urn:new", link="https://city.example/news/1")]))
    polled(id)
    assert posts(admin) == {"urn:old": "Night buses"}
    origin.page("/feed", rss([Item("urn:new", title="Later", link="https://city.example/moved")]))
    polled(id)
    assert posts(admin) == {"urn:old": "Later"}


def test_another_entry_at_the_same_address_is_another_post(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1")])))
    polled(id)
    news = Item("urn:2", title="Trams", date="Mon, 02 Mar 2026 09:00:00 +0900")
    origin.page("/feed", rss([news]))
    polled(id)
    assert posts(admin) == {"urn:1": "Night buses", "urn:2": "Trams"}


def test_entries_that_vanish_stay_and_backdated_ones_are_taken(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1"), Item("urn:2")])))
    polled(id)
    origin.page("/feed", rss([Item("urn:0", date="Wed, 01 Mar 2006 09:00:00 +0900")]))
    polled(id)
    assert sorted(posts(admin)) == ["urn:0", "urn:1", "urn:2"]
    old = admin("GET", "/v1/posts/urn:0").json()
    assert old["date_published"] == "2006-03-01T00:00:00Z"


def test_a_date_in_the_future_holds_no_entry_back(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1", date="Fri, 01 Mar 2999 09:00:00 +0000")])))
    polled(id)
    assert admin("GET", "/v1/posts/urn:1").json()["_pabal"]["state"] == "published"
    assert report(polled(id)) == (0, 1, 0, 0)


def test_what_was_withdrawn_here_is_not_brought_back(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", rss([Item("urn:1")])))
    polled(id)
    admin("DELETE", "/v1/posts/urn:1")
    polled(id)
    origin.page("/feed", rss([Item("urn:1", title="Changed")]))
    assert report(polled(id)) == (0, 0, 0, 1)
    assert admin("GET", "/v1/posts/urn:1").json()["_pabal"]["state"] == "withdrawn"


def test_a_post_of_somebody_else_is_left_alone(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    one, two = add(origin.page("/a", rss([Item("urn:1")]))), add(origin.page("/b", b"later"))
    polled(one)
    origin.page("/b", rss([Item("urn:1", title="A copy")]))
    assert report(polled(two)) == (0, 0, 0, 1)
    assert posts(admin) == {"urn:1": "Night buses"}


def test_refused_entries_are_named_and_the_others_taken(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    bad = Item("urn:bad", link="https://10.0.0.1/x")
    shown = polled(add(origin.page("/feed", rss([Item("urn:1"), bad]))))
    assert report(shown) == (1, 0, 1, 0)
    (refusal,) = shown["last_report"]["refusals"]
    assert refusal["entry"] == "urn:bad"
    assert [error["field"] for error in refusal["errors"]] == ["url"]


def test_permanent_redirects_are_remembered_and_temporary_ones_are_not(
    origin: Origin, add: Add, polled: Poll
) -> None:
    feed = origin.page("/feed", rss([Item("urn:1")]))
    middle = origin.page("/middle", status=301, Location="/feed")
    id = add(origin.page("/old", status=308, Location=middle))
    other = add(origin.page("/temporary", status=302, Location=feed))
    shown = polled(id)
    assert (shown["url"], shown["moved_to"]) == (origin.url + "/old", feed)
    polled(id)
    assert len(origin.requests("/old")) == 1
    assert len(origin.requests("/temporary")) == 2
    assert polled(other)["moved_to"] is None


def test_gone_stops_the_source_until_somebody_asks_for_it(
    admin: Api, origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", status=410))
    shown = polled(id)
    assert (shown["state"], shown["last_status"], shown["next_poll_at"]) == ("stopped", 410, None)
    assert "410 Gone" in shown["last_error"]
    polled(id)
    assert len(origin.requests("/feed")) == 1
    origin.page("/feed", rss([Item("urn:1")]))
    assert admin("POST", f"/v1/sources/{id}/poll").status_code == 202
    assert polled(id)["state"] == "active"


def wait(shown: dict[str, Any]) -> timedelta:
    """Return the time from the last poll to the next."""
    polled, due = (datetime.fromisoformat(shown[name]) for name in ("last_poll_at", "next_poll_at"))
    return due - polled


@pytest.mark.parametrize(
    ("page", "shortest"),
    [
        (Page(rss([Item("urn:1")], "<ttl>120</ttl>")), timedelta(hours=2)),
        (Page(FEED, headers={"Cache-Control": "public, max-age=10800"}), timedelta(hours=3)),
        (Page(FEED, headers={"Cache-Control": "max-age=99999999"}), timedelta(days=1)),
        (Page(FEED), timedelta(minutes=5)),
    ],
)
def test_a_source_is_left_alone_as_long_as_it_asks(
    origin: Origin, add: Add, polled: Poll, page: Page, shortest: timedelta
) -> None:
    origin.pages["/feed"] = page
    shown = polled(add(origin.url + "/feed"))
    assert shortest <= wait(shown) <= shortest * 1.11 + timedelta(minutes=4)


def test_a_failure_backs_off_and_retry_after_is_obeyed(
    origin: Origin, add: Add, polled: Poll
) -> None:
    id = add(origin.page("/feed", status=503, Retry_After="7200"))
    shown = polled(id)
    assert (shown["last_status"], shown["last_error"]) == (503, "answered 503")
    assert timedelta(hours=2) <= wait(shown) <= timedelta(hours=2.3)
    origin.page("/feed", status=500)
    assert timedelta(minutes=30) <= wait(polled(id)) <= timedelta(minutes=34)
    assert timedelta(hours=1) <= wait(polled(id)) <= timedelta(hours=1.2)
    origin.page("/feed", rss([Item("urn:1")]))
    assert polled(id)["failures"] == 0


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'
    b"<rss version='2.0'><channel><title>&b;</title></channel></rss>"
)


GZIP = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(BOMB), "it declares a DTD, which is refused"),
        (Page(b"hello"), "it is no feed"),
        (Page(b"\x00\x01\x02", headers=GZIP), "packed in a way that cannot be unpacked"),
        (Page(b"x", headers={"Content-Encoding": "br"}), "packed as br, which was not asked for"),
        (Page(gzip.compress(b"<rss>" + b" " * 17_000_000), headers=GZIP), "larger than"),
    ],
)
def test_what_is_no_feed_is_shown_with_its_reason(
    origin: Origin, add: Add, polled: Poll, page: Page, reason: str
) -> None:
    origin.pages["/feed"] = page
    shown = polled(add(origin.url + "/feed"))
    assert shown["last_error"].startswith(reason)
    assert shown["state"] == "active"
    assert shown["failures"] == 1


def test_a_packed_feed_is_unpacked(origin: Origin, add: Add, polled: Poll) -> None:
    packed = gzip.compress(rss([Item("urn:1")]))
    shown = polled(add(origin.page("/feed", packed, Content_Encoding="gzip")))
    assert report(shown) == (1, 0, 0, 0)


def test_nobody_there_is_a_reason(origin: Origin, add: Add, polled: Poll) -> None:
    shown = polled(add("http://127.0.0.1:1025/feed"))
    assert shown["last_status"] is None
    assert shown["last_error"].startswith("no connection")


def test_a_redirect_into_a_private_network_is_refused(
    origin: Origin, add: Add, polled: Poll
) -> None:
    shown = polled(add(origin.page("/feed", status=302, Location="http://10.0.0.1/")))
    assert "private network" in shown["last_error"]


def test_endless_redirects_end(origin: Origin, add: Add, polled: Poll) -> None:
    shown = polled(add(origin.page("/feed", status=302, Location="/feed")))
    assert shown["last_error"] == "more than 5 redirects"
    assert len(origin.requests("/feed")) == 6
