"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "key",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key")),
        schema="console",
    )
    op.create_index("ix_key_partner", "key", ["partner"], unique=False, schema="console")
    op.create_table(
        "digest",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="due, sent, skipped or failed"),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("from_sequence", sa.BigInteger(), nullable=False),
        sa.Column("until_sequence", sa.BigInteger(), nullable=False),
        sa.Column("opaque", sa.Text(), nullable=False, comment="opens this issue alone"),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column(
            "posts",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest")),
        sa.UniqueConstraint("opaque", name=op.f("uq_digest_opaque")),
        schema="feeds",
    )
    op.create_index(
        "uq_digest_partner_slot", "digest", ["partner", "slot"], unique=True, schema="feeds"
    )
    op.create_table(
        "progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "sequence",
            sa.BigInteger(),
            nullable=False,
            comment="events up to here are in the feeds",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress")),
        schema="feeds",
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("sequenced", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("post_id", sa.Text(), nullable=True),
        sa.Column("partner", sa.Text(), nullable=True, comment="the only partner that it is for"),
        sa.Column("section", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("ranges", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("audience", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "was",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="the facets before, where a revision changed them",
        ),
        sa.Column("data", sa.Text(), nullable=False, comment="JSON text"),
        sa.Column(
            "withdrawal",
            sa.Text(),
            nullable=True,
            comment="data for those who may no longer see the post",
        ),
        sa.Column(
            "body",
            sa.Text(),
            nullable=True,
            comment="the envelope, byte for byte; written by the relay",
        ),
        sa.Column("withdrawal_body", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column(
            "timestamp", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        sa.UniqueConstraint("sequence", name=op.f("uq_event_sequence")),
        schema="ingest",
    )
    op.create_index(
        "ix_event_post_id", "event", ["post_id", "sequence"], unique=False, schema="ingest"
    )
    op.create_index("ix_event_timestamp", "event", ["timestamp"], unique=False, schema="ingest")
    op.create_index(
        "ix_event_unrelayed",
        "event",
        ["position"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("sequence IS NULL AND sequenced"),
    )
    op.create_table(
        "head",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False, comment="the last sequence given"),
        sa.Column("ticked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
        schema="ingest",
    )
    op.create_table(
        "idempotency",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key_id", "key", name=op.f("pk_idempotency")),
        schema="ingest",
    )
    op.create_index(
        "ix_idempotency_created_at", "idempotency", ["created_at"], unique=False, schema="ingest"
    )
    op.create_table(
        "post",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column(
            "revision", sa.Integer(), nullable=False, comment="the number of the newest revision"
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="scheduled, published or withdrawn"),
        sa.Column(
            "fingerprint",
            sa.Text(),
            nullable=False,
            comment="SHA-256 of the newest revision's content",
        ),
        sa.Column("date_modified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("event_id", sa.Text(), nullable=True, comment="the newest event about this post"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post")),
        schema="ingest",
    )
    op.create_index(
        "ix_post_due_at",
        "post",
        ["due_at"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state = 'scheduled'"),
    )
    op.create_index("ix_post_state", "post", ["state"], unique=False, schema="ingest")
    op.create_table(
        "engine",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("alive_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engine")),
        schema="notify",
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_partner_token_hash")),
        schema="notify",
    )
    op.create_table(
        "progress",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "sequence", sa.BigInteger(), nullable=False, comment="events up to here are fanned out"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress")),
        schema="notify",
    )
    op.create_table(
        "revision",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False, comment="the post as JSON text"),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column(
            "ranges",
            postgresql.ARRAY(sa.Text()),
            nullable=False,
            comment="language ranges that match",
        ),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "audience",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="partner ids; null for everybody",
        ),
        sa.Column("translation_of", sa.Text(), nullable=True),
        sa.Column("date_published", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shown_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["ingest.post.id"], name=op.f("fk_revision_post_id")),
        sa.PrimaryKeyConstraint("post_id", "number", name=op.f("pk_revision")),
        schema="ingest",
    )
    op.create_index(
        "ix_revision_date_published",
        "revision",
        [sa.literal_column("date_published DESC"), sa.literal_column("post_id DESC")],
        unique=False,
        schema="ingest",
    )
    op.create_index(
        "ix_revision_section_shown_from",
        "revision",
        ["section", "shown_from"],
        unique=False,
        schema="ingest",
    )
    op.create_index(
        "ix_revision_section_shown_until",
        "revision",
        ["section", "shown_until"],
        unique=False,
        schema="ingest",
    )
    op.create_index(
        "ix_revision_shown_from", "revision", ["shown_from"], unique=False, schema="ingest"
    )
    op.create_index(
        "ix_revision_shown_until", "revision", ["shown_until"], unique=False, schema="ingest"
    )
    op.create_index(
        "ix_revision_tags",
        "revision",
        ["tags"],
        unique=False,
        schema="ingest",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_revision_translation_of",
        "revision",
        ["translation_of"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("translation_of IS NOT NULL"),
    )
    op.create_index(
        "ix_revision_visible",
        "revision",
        [sa.literal_column("date_published DESC"), sa.literal_column("post_id DESC")],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("shown_from IS NOT NULL AND shown_until IS NULL"),
    )
    op.create_index(
        "ix_revision_visible_section",
        "revision",
        ["section", sa.literal_column("date_published DESC"), sa.literal_column("post_id DESC")],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("shown_from IS NOT NULL AND shown_until IS NULL"),
    )
    op.create_table(
        "endpoint",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event_types", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("sections", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("ordering", sa.Text(), nullable=False),
        sa.Column("rate_per_second", sa.Float(), nullable=True),
        sa.Column("max_in_flight", sa.Integer(), nullable=False),
        sa.Column("headers", sa.LargeBinary(), nullable=True, comment="encrypted JSON"),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="encrypted"),
        sa.Column("previous_secret", sa.LargeBinary(), nullable=True, comment="encrypted"),
        sa.Column("previous_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["partner"], ["notify.partner.id"], name=op.f("fk_endpoint_partner"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endpoint")),
        schema="notify",
    )
    op.create_index(
        op.f("ix_endpoint_partner"), "endpoint", ["partner"], unique=False, schema="notify"
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True, comment="the order within the lane"),
        sa.Column("order_key", sa.Text(), nullable=False, comment="what of the lane waits for it"),
        sa.Column("withdrawal", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "claim", sa.BigInteger(), nullable=True, comment="the fence under which it is in flight"
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["notify.endpoint.id"],
            name=op.f("fk_delivery_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        schema="notify",
    )
    op.create_index(
        "ix_delivery_endpoint",
        "delivery",
        ["endpoint_id", sa.literal_column("id DESC")],
        unique=False,
        schema="notify",
    )
    op.create_index(
        "ix_delivery_pending_due",
        "delivery",
        ["endpoint_id", "due_at"],
        unique=False,
        schema="notify",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_delivery_pending_order",
        "delivery",
        ["endpoint_id", "order_key", "sequence"],
        unique=False,
        schema="notify",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "ix_delivery_pending_sequence",
        "delivery",
        ["endpoint_id", "sequence"],
        unique=False,
        schema="notify",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index(
        "uq_delivery_event_id_endpoint_id",
        "delivery",
        ["event_id", "endpoint_id"],
        unique=True,
        schema="notify",
    )
    op.create_table(
        "lane",
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "engine", sa.Text(), nullable=True, comment="the engine that holds the lane's lease"
        ),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["endpoint_id"],
            ["notify.endpoint.id"],
            name=op.f("fk_lane_endpoint_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("endpoint_id", name=op.f("pk_lane")),
        schema="notify",
    )
    op.create_index(
        "ix_lane_due_at",
        "lane",
        ["due_at"],
        unique=False,
        schema="notify",
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_lane_engine",
        "lane",
        ["engine"],
        unique=False,
        schema="notify",
        postgresql_where=sa.text("engine IS NOT NULL"),
    )
    op.create_table(
        "attempt",
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("response_excerpt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["notify.delivery.id"],
            name=op.f("fk_attempt_delivery_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_attempt")),
        schema="notify",
    )
    for table in ("ingest.head", "feeds.progress", "notify.progress"):
        op.execute(f"INSERT INTO {table} (id, sequence) VALUES (1, 0)")
