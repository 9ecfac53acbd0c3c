"""The API keys in PostgreSQL; of a secret only its hash."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, select
from sqlalchemy.dialects.postgresql import insert

from shared.db.console import key
from shared.db.notify import partner
from shared.errors import FieldError, Invalid, NotFound
from shared.keys import Key, Scope, hash_secret, new_key, parse_key


def create(
    connection: Connection, scope: Scope, owner: str | None, name: str | None
) -> tuple[Key, Row[*tuple[Any, ...]]]:
    """Make a key; its secret is returned here and never again.

    Raises ``Invalid`` where a partner's key names no partner, or another scope's does.
    """
    _check_owner(connection, scope, owner)
    made = new_key()
    values = {"id": made.id, "scope": scope, "partner": owner, "name": name,
              "secret_hash": hash_secret(made.secret)}  # fmt: skip
    row = connection.execute(insert(key).values(values).returning(*key.c)).one()
    return made, row


def page(connection: Connection, after: str | None, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return keys in the order of their ids."""
    query = select(key).order_by(key.c.id).limit(limit)
    if after is not None:
        query = query.where(key.c.id > after)
    return connection.execute(query).all()


def remove(connection: Connection, id: str) -> None:
    """Delete a key: dead with the commit; raises ``NotFound``."""
    if connection.execute(delete(key).where(key.c.id == id)).rowcount == 0:
        raise NotFound(f"there is no key {id!r}")


def bootstrap(connection: Connection, text: str) -> None:
    """Make the key in the settings an admin key; raises ``ValueError`` for another form."""
    given = parse_key(text)
    values = {"id": given.id, "scope": Scope.ADMIN, "partner": None, "name": "bootstrap",
              "secret_hash": hash_secret(given.secret)}  # fmt: skip
    connection.execute(
        insert(key).values(values).on_conflict_do_update(index_elements=["id"], set_=values)
    )


def _check_owner(connection: Connection, scope: Scope, owner: str | None) -> None:
    if (scope is Scope.PARTNER) != (owner is not None):
        rule = "is needed for the scope partner, and for no other"
        raise Invalid("check: partner", [FieldError("partner", rule)])
    known = owner is None or connection.scalar(select(partner.c.id).where(partner.c.id == owner))
    if not known:
        raise Invalid("check: partner", [FieldError("partner", "is not a partner of this hub")])
