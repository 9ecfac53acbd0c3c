"""Alembic's entry: runs on the connection that ``shared.db.migrate`` hands over."""

from alembic import context

from shared.db.base import SCHEMAS
from shared.db.tables import metadata


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name in SCHEMAS


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_schemas=True,
    include_name=_ours,
    version_table_schema="public",
)
with context.begin_transaction():
    context.run_migrations()
