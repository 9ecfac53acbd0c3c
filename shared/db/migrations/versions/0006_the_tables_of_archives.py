"""The tables of archives, and the stays of the posts that are there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

# As rebuilding writes them from now on: each event by which a post came, or came anew with other
# facets, begins a stay, and the next such event, or its withdrawal, ends it.
STAYS = """
INSERT INTO feeds.stay (sequence, post_id, section, ranges, tags, audience, left_at)
SELECT sequence, post_id, section, ranges, tags, audience, left_at
FROM (
    SELECT sequence, type, post_id, section, ranges, tags, audience,
           lead(timestamp) OVER (PARTITION BY post_id ORDER BY sequence) AS left_at
    FROM ingest.event
    WHERE sequence <= (SELECT arrived FROM feeds.progress)
      AND (type IN ('post.published', 'post.withdrawn')
           OR type = 'post.updated' AND was IS NOT NULL)
) change
WHERE type <> 'post.withdrawn'
"""


def upgrade() -> None:
    """Go one step forward."""
    op.create_table(
        "stay",
        sa.Column(
            "sequence",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="the event by which the post came with these facets",
        ),
        sa.Column("post_id", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
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
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_stay")),
        schema="feeds",
    )
    op.create_table(
        "page",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column(
            "interest",
            sa.Text(),
            nullable=False,
            comment="fingerprint; empty for a public feed",
        ),
        sa.Column(
            "number",
            sa.Integer(),
            autoincrement=False,
            nullable=False,
            comment="from 1, the oldest",
        ),
        sa.Column(
            "last", sa.BigInteger(), nullable=False, comment="the last arrival that it covers"
        ),
        sa.Column("partner", sa.Text(), nullable=True, comment="whose private feed it is"),
        sa.ForeignKeyConstraint(
            ["partner"],
            ["notify.partner.id"],
            name=op.f("fk_page_partner"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("feed", "interest", "number", name=op.f("pk_page")),
        schema="feeds",
    )
    op.create_index("ix_page_partner", "page", ["partner"], schema="feeds")
    op.add_column(
        "progress",
        sa.Column(
            "arrived",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="events up to here are in the stays",
        ),
        schema="feeds",
    )
    op.execute("UPDATE feeds.progress SET arrived = sequence")
    op.execute(STAYS)
    op.create_index(
        "uq_stay_post_id",
        "stay",
        ["post_id"],
        unique=True,
        schema="feeds",
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_stay_section", "stay", ["section", "sequence"], schema="feeds")
    op.create_index(
        "ix_stay_facets", "stay", ["tags", "ranges"], schema="feeds", postgresql_using="gin"
    )
