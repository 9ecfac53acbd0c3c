"""What every table module starts from."""

from datetime import datetime

from sqlalchemy import Column, DateTime, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
SCHEMAS = ("ingest", "feeds", "notify", "console")
"""One PostgreSQL schema for each service that writes."""


def moment(
    name: str, *, nullable: bool = False, now: bool = False, comment: str | None = None
) -> Column[datetime]:
    """Return a timestamp column with zone; ``now`` lets the database fill it."""
    default = text("now()") if now else None
    return Column(
        name, DateTime(timezone=True), nullable=nullable, server_default=default, comment=comment
    )
