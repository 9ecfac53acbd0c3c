"""The same request under the same key gets the same answer, and is stored once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from services.ingest.idempotency import Repeatable, recall
from shared.db import engine
from shared.errors import IdempotencyInFlight
from shared.keys import Scope
from tests.integration.ingest.submissions import JSON, NOTHING, a_post, stored, told
from tests.support.session import Api

ONE = {"post": 1, "revision": 1, "event": 1}


def publish(api: Api, key: str, **fields: str) -> httpx.Response:
    return api("POST", "/v1/posts", json=a_post(**fields), headers={"Idempotency-Key": key})


def test_a_repeat_gets_the_first_answer_although_the_post_has_changed(admin: Api) -> None:
    first = publish(admin, "k1")
    assert first.status_code == 201
    assert admin("POST", "/v1/posts", json=a_post(title="Changed")).status_code == 200
    repeat = publish(admin, "k1")
    assert (repeat.status_code, repeat.content) == (201, first.content)
    assert stored() == {"post": 1, "revision": 2, "event": 2}


def test_another_body_under_the_same_key_is_422(admin: Api) -> None:
    publish(admin, "k1")
    answer = publish(admin, "k1", title="Other")
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("/problems/idempotency-mismatch")
    assert stored() == ONE


def test_another_body_is_told_so_even_where_it_is_no_post(admin: Api) -> None:
    publish(admin, "k1")
    answer = publish(admin, "k1", url="x")
    assert answer.json()["type"].endswith("/problems/idempotency-mismatch")


def test_a_key_is_its_callers_own(caller: Callable[..., Api]) -> None:
    assert publish(caller(Scope.PUBLISH), "k1").status_code == 201
    assert publish(caller(Scope.PUBLISH), "k1", title="Other").status_code == 200


def test_a_refusal_does_not_use_the_key_up(admin: Api) -> None:
    assert publish(admin, "k1", url="x").status_code == 422
    assert stored() == NOTHING
    assert publish(admin, "k1").status_code == 201


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters(admin: Api, key: str) -> None:
    answer = publish(admin, key)
    assert answer.status_code == 422
    (fault,) = answer.json()["errors"]
    assert fault == {"field": "Idempotency-Key", "message": "must have 1 to 255 characters"}
    assert publish(admin, "k" * 255).status_code == 201


def test_while_the_first_request_is_in_flight_a_repeat_is_409(admin: Api) -> None:
    request = Repeatable("caller", "k1", "hash")
    with engine.transaction() as first:
        assert recall(first, request) is None
        with engine.transaction() as second, pytest.raises(IdempotencyInFlight) as caught:
            recall(second, request)
    assert (caught.value.status, caught.value.name) == (409, "idempotency-in-flight")
    with engine.transaction() as later:
        assert recall(later, request) is None


def test_fifty_equal_requests_at_once_are_stored_once(
    admin: Api, caller: Callable[..., Api]
) -> None:
    api = caller(Scope.PUBLISH)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: publish(api, "k1"), range(50)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert {answer.content for answer in answers if answer.status_code == 201} == {
        publish(api, "k1").content
    }
    assert stored() == ONE


def test_fifty_equal_posts_at_once_make_one_post_and_one_event(admin: Api) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: admin("POST", "/v1/posts", json=a_post()), range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert sum(answer.json()["_pabal"]["changed"] for answer in answers) == 1
    assert stored() == ONE


def test_fifty_writers_of_one_post_make_one_event_for_each_state_accepted(admin: Api) -> None:
    with ThreadPoolExecutor(50) as pool:
        answers = list(
            pool.map(
                lambda n: admin("POST", "/v1/posts", json=a_post(title=f"Title {n}")), range(50)
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert sorted(answer.json()["_pabal"]["revision"] for answer in answers) == list(range(1, 51))
    assert stored() == {"post": 1, "revision": 50, "event": 50}
    assert [type for type, _ in told()] == ["post.published"] + ["post.updated"] * 49


def test_an_ordinary_repeat_needs_no_key(admin: Api) -> None:
    body = b'{"id":"a","url":"https://city.example/","title":"T","section":"news","language":"en"}'
    assert admin("POST", "/v1/posts", content=body, headers=JSON).status_code == 201
    assert admin("POST", "/v1/posts", content=body, headers=JSON).status_code == 200
    assert stored() == ONE
