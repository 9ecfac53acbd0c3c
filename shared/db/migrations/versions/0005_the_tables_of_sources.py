"""The tables of sources."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "source",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("moved_to", sa.Text(), nullable=True, comment="where permanent redirects led"),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False, comment="active, stopped or deleted"),
        _moment("created_at", server_default=sa.text("now()"), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("interval_s", sa.Integer(), nullable=False),
        sa.Column(
            "failures",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="in a row",
        ),
        _moment("claimed_until"),
        _moment("next_poll_at"),
        _moment("last_poll_at"),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "last_report",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="what became of the last entries",
        ),
        sa.Column("hub", sa.Text(), nullable=True),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column(
            "callback",
            sa.Text(),
            nullable=True,
            comment="the secret part of the callback's address",
        ),
        sa.Column("hub_secret", sa.LargeBinary(), nullable=True, comment="encrypted"),
        _moment("ask_at"),
        _moment("lease_until"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("url", name=op.f("uq_source_url")),
        sa.UniqueConstraint("callback", name=op.f("uq_source_callback")),
        schema="ingest",
    )
    active = sa.text("state = 'active'")
    for column in ("next_poll_at", "ask_at"):
        op.create_index(
            f"ix_source_{column}", "source", [column], schema="ingest", postgresql_where=active
        )
    op.create_index("ix_source_claimed_until", "source", ["claimed_until"], schema="ingest")
    op.create_table(
        "source_entry",
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=True),
        sa.Column(
            "link_key",
            sa.Text(),
            nullable=True,
            comment="the address without what a move changes",
        ),
        sa.Column("link", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("published", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=False, comment="tells an entry that changed"),
        sa.ForeignKeyConstraint(
            ["source_id"], ["ingest.source.id"], name=op.f("fk_source_entry_source_id")
        ),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_source_entry")),
        schema="ingest",
    )
    for column in ("guid", "link_key"):
        op.create_index(
            f"ix_source_entry_source_id_{column}",
            "source_entry",
            ["source_id", sa.text(f"md5({column})")],
            schema="ingest",
        )


def _moment(name: str, **more: object) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), **{"nullable": True, **more})
