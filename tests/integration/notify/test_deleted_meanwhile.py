"""Requests that meet a deletion which is not committed yet: they wait, and find nothing."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from services.notify import endpoints, partners
from shared.db import engine
from tests.integration.notify.registry import URL, a_partner, an_endpoint
from tests.support.engines import rows
from tests.support.polling import until
from tests.support.session import Api

WAITING = "SELECT FROM pg_locks WHERE NOT granted"


def while_deleting(
    delete: Any, id: str, api: Api, method: str, path: str, **options: Any
) -> httpx.Response:
    """Return the answer to a call that comes while something is being deleted."""
    with ThreadPoolExecutor(1) as pool:
        with engine.transaction() as connection:
            delete(connection, id)
            answer = pool.submit(api, method, path, **options)
            until(lambda: answer.done() or rows(WAITING), "the call to wait for the deletion")
        return answer.result(10)


@pytest.mark.parametrize(
    ("method", "verb"),
    [("POST", "/rotate-secret"), ("POST", "/test"), ("POST", "/pause"), ("POST", "/enable"),
     ("PATCH", "")],
)  # fmt: skip
def test_of_an_endpoint_that_is_being_deleted_everything_is_404(
    admin: Api, method: str, verb: str
) -> None:
    a_partner(admin)
    id = an_endpoint(admin)["id"]
    path = f"/v1/endpoints/{id}{verb}"
    answer = while_deleting(endpoints.remove, id, admin, method, path, json={})
    assert answer.status_code == 404, answer.text


def test_a_partner_that_is_being_deleted_gets_no_endpoint(admin: Api) -> None:
    a_partner(admin)
    asked = {"partner": "harbour", "url": URL}
    answer = while_deleting(partners.remove, "harbour", admin, "POST", "/v1/endpoints", json=asked)
    assert answer.status_code == 422, answer.text
    assert [fault["field"] for fault in answer.json()["errors"]] == ["partner"]
