"""The sequence is one gap-free count in the order of commits, whoever writes and relays."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from services.ingest.relay import _LOCK, BATCH, relay, standing
from shared import jsontext
from shared.db import engine
from shared.db.ingest import event
from tests.integration.ingest.submissions import NDJSON, a_post, sequences
from tests.support.session import Api


def publish(api: Api, id: str, title: str = "T") -> None:
    assert api("POST", "/v1/posts", json=a_post(id, title=title)).status_code in (200, 201)


def test_writers_and_relays_at_once_leave_no_gap_and_no_double(admin: Api) -> None:
    with ThreadPoolExecutor(10) as pool:
        writing = [pool.submit(publish, admin, f"p{n % 10}", f"T{n}") for n in range(80)]
        relaying = [pool.submit(relay) for _ in range(40)]
        for each in writing:
            each.result()
        numbered = sum(each.result() for each in relaying)
    numbered += relay()
    given = sequences()
    assert numbered == len(given) == 80
    assert sorted(number or 0 for number in given) == list(range(1, 81))
    assert standing().numbered == 80


def test_the_events_of_one_post_are_numbered_in_their_order(admin: Api) -> None:
    with ThreadPoolExecutor(10) as pool:
        writing = [pool.submit(publish, admin, f"p{n % 4}", f"T{n}") for n in range(40)]
        while not all(each.done() for each in writing):
            relay()
    relay()
    with engine.transaction() as connection:
        query = select(event.c.post_id, event.c.body).order_by(event.c.sequence)
        bodies = [(row.post_id, jsontext.loads(row.body)) for row in connection.execute(query)]
    for post_id in {id for id, _ in bodies}:
        revisions = [body["data"]["_pabal"]["revision"] for id, body in bodies if id == post_id]
        assert revisions == list(range(1, len(revisions) + 1))


def test_a_transaction_that_is_rolled_back_leaves_no_gap(admin: Api) -> None:
    publish(admin, "a")
    relay()
    rows = [a_post("b"), a_post("c", url="x")]
    body = "\n".join(map(jsontext.dumps, rows)).encode()
    admin("POST", "/v1/posts/batch", content=body, headers=NDJSON)
    admin("POST", "/v1/posts", json=a_post("d", url="x"))
    publish(admin, "e")
    relay()
    assert sequences() == [1, 2, 3]


def test_a_relay_that_finds_another_at_work_does_nothing(admin: Api) -> None:
    publish(admin, "a")
    with engine.transaction() as another:
        assert another.scalar(select(func.pg_try_advisory_xact_lock(_LOCK)))
        assert relay() == 0
    assert sequences() == [None]
    assert relay() == 1


@pytest.mark.parametrize("count", [BATCH - 1, BATCH, BATCH + 1])
def test_batches_end_where_the_outbox_does(admin: Api, count: int) -> None:
    body = "\n".join(jsontext.dumps(a_post(f"p{n}")) for n in range(count)).encode()
    admin("POST", "/v1/posts/batch", content=body, headers=NDJSON)
    assert relay() == count
    assert sequences() == list(range(1, count + 1))


def test_an_envelope_is_written_once_and_carries_its_sequence(admin: Api) -> None:
    publish(admin, "a")
    relay()
    with engine.transaction() as connection:
        row = connection.execute(select(event)).one()
    body = jsontext.loads(row.body)
    assert list(body) == ["id", "type", "sequence", "timestamp", "data"]
    assert (body["id"], body["sequence"]) == (row.id, 1)
    assert body["data"]["_pabal"] == {"revision": 1, "state": "published", "sequence": 1}
    assert body["data"] == admin("GET", "/v1/posts/a").json()
