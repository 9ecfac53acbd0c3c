"""Tables that ingest writes: posts, their revisions, the outbox of events, sources."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
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

SCHEMA = "ingest"

post = Table(
    "post",
    metadata,
    Column("id", Text, primary_key=True),
    Column("revision", Integer, nullable=False, comment="the number of the newest revision"),
    Column("state", Text, nullable=False, comment="scheduled, published or withdrawn"),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of the newest revision's content"),
    moment("date_modified", nullable=True),
    moment("accepted_at"),
    moment("due_at", nullable=True),
    moment("withdrawn_at", nullable=True),
    Column("withdrawn_reason", Text),
    Column("event_id", Text, comment="the newest event about this post"),
    Index("ix_post_due_at", "due_at", postgresql_where=text("state = 'scheduled'")),
    Index("ix_post_state", "state"),
    Index(
        "ix_post_withdrawn_at",
        text("withdrawn_at DESC"),
        text("id DESC"),
        postgresql_where=text("state = 'withdrawn'"),
    ),
    schema=SCHEMA,
)

revision = Table(
    "revision",
    metadata,
    Column("post_id", Text, ForeignKey("ingest.post.id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("document", Text, nullable=False, comment="the post as JSON text"),
    Column("section", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("ranges", ARRAY(Text), nullable=False, comment="language ranges that match"),
    Column("tags", ARRAY(Text), nullable=False),
    Column("audience", ARRAY(Text), comment="partner ids; null for everybody"),
    Column("translation_of", Text),
    moment("date_published"),
    moment("updated"),
    moment("accepted_at"),
    moment("shown_from", nullable=True),
    moment("shown_until", nullable=True),
    # What is visible now, newest first: the current document of a section, and of all.
    Index(
        "ix_revision_visible_section",
        "section",
        text("date_published DESC"),
        text("post_id DESC"),
        postgresql_where=text("shown_from IS NOT NULL AND shown_until IS NULL"),
    ),
    Index(
        "ix_revision_visible",
        text("date_published DESC"),
        text("post_id DESC"),
        postgresql_where=text("shown_from IS NOT NULL AND shown_until IS NULL"),
    ),
    # Lists of posts in any state, newest first.
    Index("ix_revision_date_published", text("date_published DESC"), text("post_id DESC")),
    # Feeds of a language or a tag that few posts have.
    Index("ix_revision_facets", "tags", "ranges", postgresql_using="gin"),
    # Which feeds there are.
    Index(
        "ix_revision_public_kind",
        "section",
        "language",
        postgresql_where=text(
            "shown_from IS NOT NULL AND shown_until IS NULL AND audience IS NULL"
        ),
    ),
    # When a feed last changed, and whether it was ever used.
    Index("ix_revision_section_shown_from", "section", "shown_from"),
    Index("ix_revision_section_shown_until", "section", "shown_until"),
    Index("ix_revision_shown_from", "shown_from"),
    Index("ix_revision_shown_until", "shown_until"),
    Index(
        "ix_revision_translation_of",
        "translation_of",
        postgresql_where=text("translation_of IS NOT NULL"),
    ),
    schema=SCHEMA,
)

event = Table(
    "event",
    metadata,
    Column("id", Text, primary_key=True),
    Column("position", BigInteger, Identity(always=True), nullable=False),
    Column("sequence", BigInteger, unique=True),
    Column("sequenced", Boolean, nullable=False, server_default=text("true")),
    Column("type", Text, nullable=False),
    Column("post_id", Text),
    Column("partner", Text, comment="the only partner that it is for"),
    Column("section", Text),
    Column("language", Text),
    Column("ranges", ARRAY(Text)),
    Column("tags", ARRAY(Text)),
    Column("audience", ARRAY(Text)),
    Column("was", JSONB(none_as_null=True), comment="facets before, where changed"),
    Column("data", Text, nullable=False, comment="JSON text"),
    Column("withdrawal", Text, comment="data for those who may no longer see the post"),
    Column("body", Text, comment="the envelope, byte for byte; written by the relay"),
    Column("withdrawal_body", Text),
    Column("request_id", Text),
    moment("timestamp", now=True),
    # What the relay has yet to number.
    Index(
        "ix_event_unrelayed", "position", postgresql_where=text("sequence IS NULL AND sequenced")
    ),
    Index("ix_event_timestamp", "timestamp"),
    Index("ix_event_post_id", "post_id", "sequence"),
    schema=SCHEMA,
)

head = Table(
    "head",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False, comment="the last sequence given"),
    moment("ticked_at", nullable=True),
    schema=SCHEMA,
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer),
    Column("answer", Text),
    moment("created_at", now=True),
    Index("ix_idempotency_created_at", "created_at"),
    schema=SCHEMA,
)

source = Table(
    "source",
    metadata,
    Column("id", Text, primary_key=True),
    Column("url", Text, nullable=False, unique=True),
    Column("moved_to", Text, comment="where permanent redirects led"),
    Column("section", Text, nullable=False),
    Column("language", Text),
    Column("state", Text, nullable=False, comment="active, stopped or deleted"),
    moment("created_at", now=True),
    # The last poll, and the next.
    Column("etag", Text),
    Column("last_modified", Text),
    Column("interval_s", Integer, nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0"), comment="in a row"),
    moment("claimed_until", nullable=True),
    moment("next_poll_at", nullable=True),
    moment("last_poll_at", nullable=True),
    Column("last_status", Integer),
    Column("last_error", Text),
    Column("last_report", JSONB(none_as_null=True), comment="what became of the last entries"),
    # The WebSub hub that it names.
    Column("hub", Text),
    Column("topic", Text),
    Column("callback", Text, unique=True, comment="the secret part of the callback's address"),
    Column("hub_secret", LargeBinary, comment="encrypted"),
    moment("ask_at", nullable=True),
    moment("lease_until", nullable=True),
    Index("ix_source_next_poll_at", "next_poll_at", postgresql_where=text("state = 'active'")),
    Index("ix_source_ask_at", "ask_at", postgresql_where=text("state = 'active'")),
    Index("ix_source_claimed_until", "claimed_until"),
    schema=SCHEMA,
)

source_entry = Table(
    "source_entry",
    metadata,
    Column("post_id", Text, primary_key=True),
    Column("source_id", Text, ForeignKey("ingest.source.id"), nullable=False),
    Column("guid", Text),
    Column("link_key", Text, comment="the address without what a move changes"),
    Column("link", Text),
    Column("title", Text),
    Column("published", Text),
    Column("digest", Text, nullable=False, comment="tells an entry that changed"),
    Index("ix_source_entry_source_id_guid", "source_id", text("md5(guid)")),
    Index("ix_source_entry_source_id_link_key", "source_id", text("md5(link_key)")),
    schema=SCHEMA,
)
