"""From a file to feeds and webhooks, through the command line and HTTP alone."""

import json
from datetime import UTC, datetime
from time import mktime

import feedparser
import pytest

from tests.e2e.conftest import PATH, POSTS, Imported
from tests.support.hub import Hub
from tests.support.polling import until


def test_the_first_import_stores_all_and_the_second_changes_nothing(imported: Imported) -> None:
    first, second = json.loads(imported.first.stdout), json.loads(imported.second.stdout)
    assert (imported.first.returncode, imported.second.returncode) == (0, 0)
    counts = ("stored", "unchanged", "refused")
    assert [first[name] for name in counts] == [POSTS, 0, 0]
    assert [second[name] for name in counts] == [0, POSTS, 0]
    assert {row["status"] for row in first["results"]} == {201}


def test_each_event_arrives_once_genuine_and_without_a_gap(hub: Hub, imported: Imported) -> None:
    api = hub.api()
    until(lambda: api("GET", "/v1/status").json()["queues"]["notify"]["depth"] == 0, "nothing owed")
    listed = api("GET", f"/v1/endpoints/{imported.endpoint}/deliveries?limit=200").json()["items"]
    api.close()
    got = imported.receiver.got(PATH)
    assert sorted(request.sequence for request in got) == list(range(1, POSTS + 1))
    for request in got:
        request.verify(imported.secret)
    assert {delivery["state"] for delivery in listed} == {"delivered"}
    assert len(listed) == POSTS


@pytest.mark.parametrize("form", ["rss", "atom"])
def test_the_feed_of_all_is_valid_and_newest_first(hub: Hub, imported: Imported, form: str) -> None:
    api = hub.api()
    path = f"/feeds/all.{form}"
    until(lambda: len(feedparser.parse(api("GET", path).content).entries) == POSTS, "all entries")
    feed = feedparser.parse(api("GET", path).content)
    api.close()
    assert not feed.bozo
    dates = [mktime(entry.published_parsed) for entry in feed.entries]
    assert dates == sorted(dates, reverse=True)


def test_the_json_feed_holds_the_same_posts(hub: Hub, imported: Imported) -> None:
    api = hub.api()
    document = api("GET", "/feeds/all.json").json()
    api.close()
    sent = {request.event["data"]["id"] for request in imported.receiver.got(PATH)}
    assert {item["id"] for item in document["items"]} == sent
    dates = [item["date_published"] for item in document["items"]]
    assert dates == sorted(dates, reverse=True)


def test_status_says_that_nothing_is_late(hub: Hub, imported: Imported) -> None:
    done = hub.pabal("status", "--json")
    taken = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert taken["posts"] == {"published": POSTS}
    assert taken["deliveries"] == {"delivered": POSTS}
    assert taken["endpoints"] == {"active": 1}
    assert taken["beat"]["last_tick_age_s"] < 15


def test_posts_are_listed_newest_first(hub: Hub, imported: Imported) -> None:
    done = hub.pabal("posts", "list", "--json")
    items = json.loads(done.stdout)["items"]
    assert done.returncode == 0
    assert len(items) == POSTS
    times = [datetime.fromisoformat(item["date_published"]).astimezone(UTC) for item in items]
    assert times == sorted(times, reverse=True)
