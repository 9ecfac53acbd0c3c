"""Tables that console writes: the API keys."""

from sqlalchemy import Column, Index, Table, Text

from shared.db.base import metadata, moment

SCHEMA = "console"

key = Table(
    "key",
    metadata,
    Column("id", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("partner", Text),
    Column("name", Text),
    Column("secret_hash", Text, nullable=False),
    moment("created_at", now=True),
    Index("ix_key_partner", "partner"),
    schema=SCHEMA,
)
