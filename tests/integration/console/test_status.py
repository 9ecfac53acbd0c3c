"""The operator's numbers are the database's, and health tells nothing secret."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy import text

from services.ingest.relay import relay, tick
from services.notify.fan_out import fan_out
from shared.broker import FAN_OUT, NOTIFY, broker, ring
from shared.db import engine
from shared.keys import Scope
from shared.redis import redis
from shared.settings import settings
from tests.integration.notify.registry import a_partner, a_post, an_endpoint, publish
from tests.support.session import Api, settle


def status(api: Api) -> dict[str, Any]:
    answer = api("GET", "/v1/status")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_an_empty_hub_has_nothing_to_tell(admin: Api) -> None:
    idle = {"depth": 0, "oldest_age_s": 0.0}
    found = status(admin)
    assert found["outbox"] == {"unrelayed": 0, "oldest_age_s": 0.0}
    assert found["queues"] == dict.fromkeys(
        ["ingest", "feeds", "notify", "deliveries", "mail"], idle
    )
    assert (found["posts"], found["endpoints"], found["deliveries"]) == ({}, {}, {})
    assert found["workers"] == []
    assert found["beat"] == {"last_tick_age_s": None}


def test_counts_by_state_are_the_databases(admin: Api) -> None:
    a_partner(admin)
    active, paused = an_endpoint(admin)["id"], an_endpoint(admin)["id"]
    disabled = an_endpoint(admin)["id"]
    admin("POST", f"/v1/endpoints/{paused}/pause")
    admin("POST", f"/v1/endpoints/{disabled}/disable")
    publish(admin, a_post("a"), a_post("b"), a_post("c"), a_post("d", date_published="2999-01-01"))
    admin("DELETE", "/v1/posts/c")
    settle()
    with engine.transaction() as connection:
        connection.execute(
            text("UPDATE notify.delivery SET state = 'delivered' "
                 "WHERE endpoint_id = :id AND sequence = 1"), {"id": active},
        )  # fmt: skip
    found = status(admin)
    assert found["posts"] == {"published": 2, "withdrawn": 1, "scheduled": 1}
    assert found["endpoints"] == {"active": 1, "paused": 1, "disabled": 1}
    assert found["deliveries"] == {"delivered": 1, "pending": 3, "held": 8}


def test_what_is_undone_is_seen_where_it_waits(admin: Api) -> None:
    a_partner(admin)
    an_endpoint(admin)
    publish(admin, a_post("a"), a_post("b"))
    found = status(admin)
    assert (found["outbox"]["unrelayed"], found["queues"]["ingest"]["depth"]) == (2, 2)
    assert 0 < found["outbox"]["oldest_age_s"] < 60
    relay()
    found = status(admin)
    assert found["outbox"] == {"unrelayed": 0, "oldest_age_s": 0.0}
    depths = {name: queue["depth"] for name, queue in found["queues"].items()}
    assert depths == {"ingest": 0, "feeds": 2, "notify": 2, "deliveries": 0, "mail": 0}
    fan_out(0.0)
    depths = {name: queue["depth"] for name, queue in status(admin)["queues"].items()}
    assert depths == {"ingest": 0, "feeds": 2, "notify": 0, "deliveries": 2, "mail": 0}


def test_mail_is_counted_and_due_where_there_is_a_server(
    admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    _some_mail()
    kept = status(admin)
    assert kept["mail"] == {"pending": 3, "sent": 1, "suppressed": 1}
    assert kept["queues"]["mail"] == {"depth": 0, "oldest_age_s": 0.0}, "there is no server"
    monkeypatch.setenv("PABAL_SMTP_URL", "smtp://127.0.0.1:1")
    settings.cache_clear()
    due = status(admin)["queues"]["mail"]
    monkeypatch.undo()
    settings.cache_clear()
    assert due["depth"] == 2, "one waits for a later attempt"
    assert 40 <= due["oldest_age_s"] < 100


def test_the_beats_last_tick_is_told(admin: Api) -> None:
    tick()
    age = status(admin)["beat"]["last_tick_age_s"]
    assert isinstance(age, float)
    assert 0 <= age < 30


def test_a_redis_that_hangs_is_away_and_costs_one_look(
    admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def ping(timeout: float) -> None:
        asked.append(timeout)

    monkeypatch.setattr(broker.control, "ping", ping)
    with socket.socket() as hanging:
        hanging.bind(("127.0.0.1", 0))
        hanging.listen()
        silent = Redis(
            port=hanging.getsockname()[1], socket_timeout=0.1, retry=Retry(NoBackoff(), 0)
        )
        monkeypatch.setattr("services.console.status.redis", lambda: silent)
        found = status(admin)
        silent.close()
    assert (found["redis"], found["workers"], asked) == ("away", [], [])


def test_a_refused_post_counts_nowhere(admin: Api) -> None:
    admin("POST", "/v1/posts", json=a_post(url="x"))
    assert status(admin)["posts"] == {}


def test_a_ring_stands_in_redis_and_counts_as_no_work(admin: Api) -> None:
    ring(FAN_OUT)
    assert redis().llen(NOTIFY) == 1
    assert status(admin)["queues"]["notify"] == {"depth": 0, "oldest_age_s": 0.0}


@pytest.mark.parametrize(
    ("scope", "admitted"), [(None, 401), (Scope.PUBLISH, 403), (Scope.OPERATE, 200)]
)
def test_status_is_for_operators(
    caller: Callable[..., Api], scope: Scope | None, admitted: int
) -> None:
    assert caller(scope)("GET", "/v1/status").status_code == admitted


def test_health_needs_no_key_and_tells_nothing_secret(caller: Callable[..., Api]) -> None:
    nobody = caller()
    assert nobody("GET", "/healthz").json() == {"status": "ok"}
    assert (nobody("HEAD", "/healthz").status_code, nobody("HEAD", "/readyz").status_code) == (
        200,
        200,
    )
    ready = nobody("GET", "/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "database": "ok", "redis": "ok"}


def test_a_hub_that_is_not_migrated_is_not_ready(admin: Api) -> None:
    with engine.transaction() as connection:
        version = connection.scalar(text("SELECT version_num FROM public.alembic_version"))
        connection.execute(text("UPDATE public.alembic_version SET version_num = 'before'"))
    try:
        answer = admin("GET", "/readyz")
    finally:
        with engine.transaction() as connection:
            connection.execute(
                text("UPDATE public.alembic_version SET version_num = :v"), {"v": version}
            )
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert answer.json() == {"status": "unavailable", "database": "not migrated", "redis": "ok"}
    assert admin("GET", "/readyz").status_code == 200


def _some_mail() -> None:
    """Leave an issue with mails in several states, as feeds keeps them."""
    with engine.transaction() as connection:
        connection.execute(
            text("INSERT INTO feeds.digest (id, partner, slot, state, from_at, until_at, "
                 "from_sequence, until_sequence, opaque) "
                 "VALUES ('dig_1', 'harbour', now(), 'sent', now(), now(), 0, 0, 'opaque')")
        )  # fmt: skip
        connection.execute(
            text("INSERT INTO feeds.mail (digest_id, address, state, next_at, message_id, "
                 "token_hash) SELECT 'dig_1', state || since, state, now() - since, state, "
                 "state || since FROM (VALUES ('pending', interval '40 s'), "
                 "('pending', interval '5 s'), ('pending', interval '-1 min'), ('sent', null), "
                 "('suppressed', null)) AS mails (state, since)".replace(
                     "state || since", "state || coalesce(since::text, '')"))
        )  # fmt: skip
