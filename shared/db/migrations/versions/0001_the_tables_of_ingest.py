"""The tables of ingest."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go one step forward."""
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
            comment="facets before, where changed",
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
    op.create_index(
        "ix_post_withdrawn_at",
        "post",
        [sa.literal_column("withdrawn_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text("state = 'withdrawn'"),
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
        "ix_revision_facets",
        "revision",
        ["tags", "ranges"],
        unique=False,
        schema="ingest",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_revision_public_kind",
        "revision",
        ["section", "language"],
        unique=False,
        schema="ingest",
        postgresql_where=sa.text(
            "shown_from IS NOT NULL AND shown_until IS NULL AND audience IS NULL"
        ),
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
    op.execute("INSERT INTO ingest.head (id, sequence) VALUES (1, 0)")
