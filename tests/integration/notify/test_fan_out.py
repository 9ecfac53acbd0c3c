"""Fan out: who is owed what, once, and in which form."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from services.ingest.relay import relay
from services.notify.fan_out import fan_out
from shared import jsontext
from shared.db import engine
from shared.db.ingest import event
from shared.db.notify import delivery
from shared.interest import Facets, Interest, matches, may_see
from tests.integration.notify.registry import a_partner, a_post, an_endpoint, deliveries, publish
from tests.support.session import Api, settle

SECTIONS, TAGS = ["news", "archives", "sport"], ["bus", "night", "park"]
LANGUAGES = ["ko", "ko-KR", "en", "en-US", "zh-Hant-TW"]
RANGES = [*LANGUAGES, "zh", "zh-Hant"]
PARTNERS = [f"p{number}" for number in range(6)]
TYPES = ["post.published", "post.updated", "post.withdrawn"]


def owed(endpoint_id: str) -> list[tuple[int, str, bool]]:
    return [(row.sequence, row.state, row.withdrawal) for row in deliveries(endpoint_id)]


def its_endpoint(api: Api, partner: str) -> str:
    """Make a partner and its one endpoint; return the endpoint's id."""
    a_partner(api, partner)
    id: str = an_endpoint(api, partner)["id"]
    return id


def wishes(source: random.Random) -> dict[str, list[str]]:
    def some(values: list[str]) -> list[str]:
        return source.sample(values, source.choice([0, 0, 1, 2]))

    return {"sections": some(SECTIONS), "languages": some(RANGES), "tags": some(TAGS)}


def random_post(source: random.Random, id: str, title: str) -> dict[str, Any]:
    audience = source.choice(["public", "public", source.sample(PARTNERS, 2)])
    return a_post(
        id, title=title, section=source.choice(SECTIONS), language=source.choice(LANGUAGES),
        tags=source.sample(TAGS, source.choice([0, 1, 2])), audience=audience,
    )  # fmt: skip


def facets(document: dict[str, Any]) -> Facets:
    audience = None if document["audience"] == "public" else tuple(document["audience"])
    return Facets(document["section"], document["language"], tuple(document["tags"]), audience)


def interest(record: dict[str, Any]) -> Interest:
    lists = record["interest"]
    return Interest(*(tuple(lists[name]) for name in ("sections", "languages", "tags")))


def expected(
    endpoint: dict[str, Any], partner: dict[str, Any], states: list[list[dict[str, Any]]]
) -> set[tuple[str, int, bool]]:
    """Return what the pure rules owe one endpoint: post, its revision, and whether withdrawn."""

    def sees(document: dict[str, Any]) -> bool:
        seen = facets(document)
        of_interest = matches(interest(partner), seen) and matches(interest(endpoint), seen)
        return of_interest and may_see(partner["id"], seen)

    found = set()
    for revisions in states:
        for number, document in enumerate(revisions):
            now, before = sees(document), number > 0 and sees(revisions[number - 1])
            type = "post.published" if number == 0 else "post.updated"
            told = type if now else "post.withdrawn"
            wanted = endpoint["event_types"]
            if (now or before) and (not wanted or told in wanted):
                found.add((document["id"], number, not now))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_sets_are_matched_as_the_pure_rules_say(admin: Api, seed: int) -> None:
    source = random.Random(seed)
    partners = [a_partner(admin, id, interest=wishes(source)) for id in PARTNERS]
    endpoints = [
        (partner, an_endpoint(admin, partner["id"], interest=wishes(source),
                              event_types=source.sample(TYPES, source.choice([0, 0, 1, 2]))))
        for partner in partners for _ in range(3)
    ]  # fmt: skip
    states = [
        [random_post(source, f"post{n}", f"Title {revision}") for revision in range(3)]
        for n in range(12)
    ]
    body = "\n".join(jsontext.dumps(each) for revisions in states for each in revisions)
    headers = {"content-type": "application/x-ndjson"}
    answer = admin("POST", "/v1/posts/batch", content=body.encode(), headers=headers)
    assert answer.json()["stored"] == 36
    settle()

    with engine.transaction() as connection:
        query = select(delivery.c.endpoint_id, delivery.c.withdrawal, event.c.data)
        rows = connection.execute(query.join(event, event.c.id == delivery.c.event_id)).all()
    made: dict[str, set[tuple[str, int, bool]]] = {one["id"]: set() for _, one in endpoints}
    for row in rows:
        data = jsontext.loads(row.data)
        made[row.endpoint_id].add((data["id"], data["_pabal"]["revision"] - 1, row.withdrawal))
    assert sum(map(len, made.values())) == len(rows) > 20
    for partner, endpoint in endpoints:
        assert made[endpoint["id"]] == expected(endpoint, partner, states)


def test_a_restricted_post_reaches_its_audience_alone(admin: Api) -> None:
    ids = {name: its_endpoint(admin, name) for name in "abc"}
    publish(admin, a_post(audience=["a", "c"]))
    settle()
    assert {name: owed(id) for name, id in ids.items()} == {
        "a": [(1, "pending", False)], "b": [], "c": [(1, "pending", False)],
    }  # fmt: skip


def test_who_may_see_a_post_no_longer_gets_its_withdrawal(admin: Api) -> None:
    ids = {name: its_endpoint(admin, name) for name in "ab"}
    publish(admin, a_post(title="Open"), a_post(title="Secret", audience=["a"]),
            a_post(title="Secret still", audience=["a"]))  # fmt: skip
    settle()
    assert owed(ids["a"]) == [(1, "pending", False), (2, "pending", False), (3, "pending", False)]
    assert owed(ids["b"]) == [(1, "pending", False), (2, "pending", True)]
    told = admin("GET", f"/v1/endpoints/{ids['b']}/deliveries").json()["items"]
    assert [item["event_type"] for item in told] == ["post.withdrawn", "post.published"]
    with engine.transaction() as connection:
        row = connection.execute(select(event).where(event.c.sequence == 2)).one()
    body = jsontext.loads(row.withdrawal_body)
    assert (body["id"], body["type"], body["sequence"]) == (row.id, "post.withdrawn", 2)
    assert set(body["data"]) == {"id", "url", "section", "language", "reason", "withdrawn_at"}
    assert "Secret" not in row.withdrawal_body


def test_who_comes_to_see_a_post_gets_the_revision(admin: Api) -> None:
    a_partner(admin)
    id = an_endpoint(admin, interest={"tags": ["bus"]})["id"]
    publish(admin, a_post(), a_post(tags=["bus"]), a_post(tags=["park"]))
    settle()
    assert owed(id) == [(2, "pending", False), (3, "pending", True)]


@pytest.mark.parametrize(
    ("types", "sequences"),
    [([], [1, 2, 3]), (["post.published"], [1]), (["post.updated", "post.withdrawn"], [2, 3]),
     (["digest.published", "endpoint.disabled"], [])],
)  # fmt: skip
def test_an_endpoint_gets_the_types_that_it_names(
    admin: Api, types: list[str], sequences: list[int]
) -> None:
    a_partner(admin)
    id = an_endpoint(admin, event_types=types)["id"]
    publish(admin, a_post(), a_post(title="U"))
    admin("DELETE", "/v1/posts/a")
    settle()
    assert [sequence for sequence, _, _ in owed(id)] == sequences


def test_fan_out_again_or_at_once_makes_nothing_twice(admin: Api) -> None:
    a_partner(admin)
    ids = [an_endpoint(admin)["id"] for _ in range(3)]
    publish(admin, *(a_post(f"p{n}") for n in range(20)))
    relay()
    with ThreadPoolExecutor(6) as pool:
        made = sum(pool.map(lambda _: fan_out(0.0), range(6)))
    assert made + fan_out(0.0) == 60
    assert fan_out(0.0) == 0
    for id in ids:
        assert [sequence for sequence, _, _ in owed(id)] == list(range(1, 21))


def test_the_first_wait_of_the_schedule_delays_what_is_made(admin: Api) -> None:
    a_partner(admin)
    id = an_endpoint(admin)["id"]
    publish(admin, a_post())
    relay()
    fan_out(90.0)
    (row,) = deliveries(id)
    assert 85 < (row.due_at - row.created_at).total_seconds() <= 91


@pytest.mark.parametrize("verb", ["pause", "disable"])
def test_what_comes_meanwhile_is_held_and_let_go_in_order(admin: Api, verb: str) -> None:
    a_partner(admin)
    id = an_endpoint(admin)["id"]
    publish(admin, a_post("before"))
    settle()
    assert owed(id) == [(1, "pending", False)]
    admin("POST", f"/v1/endpoints/{id}/{verb}")
    publish(admin, a_post("during"), a_post("during", title="U"))
    settle()
    assert owed(id) == [(1, "held", False), (2, "held", False), (3, "held", False)]
    admin("POST", f"/v1/endpoints/{id}/{'resume' if verb == 'pause' else 'enable'}")
    assert owed(id) == [(1, "pending", False), (2, "pending", False), (3, "pending", False)]
    assert [row.order_key for row in deliveries(id)] == ["before", "during", "during"]


def test_what_was_held_is_dropped_on_request(admin: Api) -> None:
    a_partner(admin)
    id = an_endpoint(admin)["id"]
    admin("POST", f"/v1/endpoints/{id}/pause")
    publish(admin, a_post())
    settle()
    admin("POST", f"/v1/endpoints/{id}/resume", json={"held": "skip"})
    publish(admin, a_post("b"))
    settle()
    assert owed(id) == [(1, "cancelled", False), (2, "pending", False)]


def test_strict_order_is_of_all_events_and_follows_a_change(admin: Api) -> None:
    a_partner(admin)
    strict, loose = an_endpoint(admin, ordering="strict")["id"], an_endpoint(admin)["id"]
    publish(admin, a_post("a"), a_post("b"))
    settle()
    assert [row.order_key for row in deliveries(strict)] == ["", ""]
    admin("PATCH", f"/v1/endpoints/{strict}", json={"ordering": "post"})
    admin("PATCH", f"/v1/endpoints/{loose}", json={"ordering": "strict"})
    assert [row.order_key for row in deliveries(strict)] == ["a", "b"]
    assert [row.order_key for row in deliveries(loose)] == ["", ""]
