"""Tables that feeds writes: how far rebuilding has come, and the digests."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from shared.db.base import metadata, moment

SCHEMA = "feeds"

progress = Table(
    "progress",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False, comment="events up to here are in the feeds"),
    schema=SCHEMA,
)

digest = Table(
    "digest",
    metadata,
    Column("id", Text, primary_key=True),
    Column("partner", Text, nullable=False),
    moment("slot"),
    Column("state", Text, nullable=False, comment="due, sent, skipped or failed"),
    moment("from_at"),
    moment("until_at"),
    Column("from_sequence", BigInteger, nullable=False),
    Column("until_sequence", BigInteger, nullable=False),
    Column("opaque", Text, nullable=False, unique=True, comment="opens this issue alone"),
    Column("subject", Text),
    Column("html", Text),
    Column("text", Text),
    Column("posts", JSONB, nullable=False, server_default=text("'[]'")),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    moment("sent_at", nullable=True),
    moment("created_at", now=True),
    # One issue for a partner and slot, whoever asks first.
    Index("uq_digest_partner_slot", "partner", "slot", unique=True),
    schema=SCHEMA,
)
