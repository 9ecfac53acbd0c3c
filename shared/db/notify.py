"""Tables that notify writes: partners, endpoints, what is owed to them and what was tried."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.base import metadata, moment

SCHEMA = "notify"

partner = Table(
    "partner",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("sections", ARRAY(Text), nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("digest", JSONB, nullable=False),
    Column("contact", Text),
    moment("planned_at", nullable=True, comment="when digests were last planned anew"),
    Column("token_hash", Text, nullable=False, unique=True),
    moment("created_at", now=True),
    schema=SCHEMA,
)

endpoint = Table(
    "endpoint",
    metadata,
    Column("id", Text, primary_key=True),
    Column(
        "partner",
        Text,
        ForeignKey("notify.partner.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("url", Text, nullable=False),
    Column("event_types", ARRAY(Text), nullable=False),
    Column("sections", ARRAY(Text), nullable=False),
    Column("languages", ARRAY(Text), nullable=False),
    Column("tags", ARRAY(Text), nullable=False),
    Column("ordering", Text, nullable=False),
    Column("rate_per_second", Float),
    Column("max_in_flight", Integer, nullable=False),
    Column("headers", LargeBinary, comment="encrypted JSON"),
    Column("description", Text),
    Column("secret", LargeBinary, nullable=False, comment="encrypted"),
    Column("previous_secret", LargeBinary, comment="encrypted"),
    moment("previous_expires_at", nullable=True),
    Column("state", Text, nullable=False, server_default=text("'active'")),
    Column("reason", Text),
    moment("failing_since", nullable=True),
    moment("created_at", now=True),
    schema=SCHEMA,
)

engine = Table(
    "engine",
    metadata,
    Column("id", Text, primary_key=True),
    moment("alive_until"),
    schema=SCHEMA,
)

lane = Table(
    "lane",
    metadata,
    Column(
        "endpoint_id",
        Text,
        ForeignKey("notify.endpoint.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    moment("due_at", nullable=True),
    moment("hold_until", nullable=True),
    Column("engine", Text, comment="the engine that holds the lane's lease"),
    Column("fence", BigInteger, nullable=False, server_default=text("0")),
    Column("in_flight", Integer, nullable=False, server_default=text("0")),
    Index("ix_lane_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    Index("ix_lane_engine", "engine", postgresql_where=text("engine IS NOT NULL")),
    schema=SCHEMA,
)

delivery = Table(
    "delivery",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False),
    Column(
        "endpoint_id", Text, ForeignKey("notify.endpoint.id", ondelete="CASCADE"), nullable=False
    ),
    Column("sequence", BigInteger, comment="the order within the lane"),
    Column("order_key", Text, nullable=False, comment="what of the lane waits for it"),
    Column("withdrawal", Boolean, nullable=False, server_default=text("false")),
    Column("state", Text, nullable=False),
    moment("due_at", nullable=True),
    Column("claim", BigInteger, comment="the fence under which it is in flight"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("created_at", now=True),
    moment("delivered_at", nullable=True),
    Index("uq_delivery_event_id_endpoint_id", "event_id", "endpoint_id", unique=True),
    Index(
        "ix_delivery_pending_due",
        "endpoint_id",
        "due_at",
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_delivery_pending_order",
        "endpoint_id",
        "order_key",
        "sequence",
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_delivery_pending_sequence",
        "endpoint_id",
        "sequence",
        postgresql_where=text("state = 'pending'"),
    ),
    Index("ix_delivery_endpoint", "endpoint_id", text("id DESC")),
    schema=SCHEMA,
)

attempt = Table(
    "attempt",
    metadata,
    Column(
        "delivery_id",
        BigInteger,
        ForeignKey("notify.delivery.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("number", Integer, primary_key=True),
    moment("at"),
    Column("duration_ms", Integer, nullable=False),
    Column("status", Integer),
    Column("error", Text),
    Column("response_excerpt", Text, nullable=False),
    schema=SCHEMA,
)

progress = Table(
    "progress",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False, comment="events up to here are fanned out"),
    schema=SCHEMA,
)
