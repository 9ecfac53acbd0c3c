"""Partners and endpoints to make, and what the database has of them."""

from typing import Any

from sqlalchemy import select

from shared.db import engine
from shared.db.notify import delivery, endpoint, partner
from tests.support.session import Api

URL = "http://127.0.0.1:8999/hook"


def a_partner(api: Api, id: str = "harbour", **fields: Any) -> dict[str, Any]:
    """Make a partner; return what the API says of it."""
    document = {"id": id, "name": "Harbour", "timezone": "Asia/Seoul", **fields}
    answer = api("POST", "/v1/partners", json=document)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def an_endpoint(api: Api, owner: str = "harbour", **fields: Any) -> dict[str, Any]:
    """Make an endpoint; return what the API says of it."""
    answer = api("POST", "/v1/endpoints", json={"partner": owner, "url": URL, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def a_post(id: str = "a", **fields: Any) -> dict[str, Any]:
    """Return a small post that is right."""
    base = {"id": id, "url": "https://city.example/a", "title": "T", "section": "news",
            "language": "en", "date_published": "2026-03-01T00:00:00Z"}  # fmt: skip
    return {**base, **fields}


def publish(api: Api, *posts: dict[str, Any]) -> None:
    """Publish posts one after the other."""
    for each in posts:
        answer = api("POST", "/v1/posts", json=each)
        assert answer.is_success, answer.text


def row(table: Any, id: str) -> Any:
    """Return one row of the database."""
    with engine.transaction() as connection:
        return connection.execute(select(table).where(table.c.id == id)).one()


def endpoint_row(id: str) -> Any:
    """Return an endpoint's row."""
    return row(endpoint, id)


def partner_row(id: str) -> Any:
    """Return a partner's row."""
    return row(partner, id)


def deliveries(endpoint_id: str) -> list[Any]:
    """Return an endpoint's deliveries in the order of their events."""
    query = select(delivery).where(delivery.c.endpoint_id == endpoint_id)
    with engine.transaction() as connection:
        return list(connection.execute(query.order_by(delivery.c.sequence)).all())
