"""Mail that is put back by hand, and previews that are mailed as a test."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Go one step forward."""
    op.add_column(
        "mail",
        sa.Column(
            "earlier",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="attempts before it was last put back by hand",
        ),
        schema="feeds",
    )
    op.add_column(
        "mail",
        sa.Column(
            "resent_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was last put back by hand",
        ),
        schema="feeds",
    )
    op.alter_column(
        "mail", "token", comment="encrypted; null where no mail was ever owed", schema="feeds"
    )
    op.create_table(
        "sample",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False, comment="whose preview is mailed"),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="pending, sent or failed"),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner"], ["notify.partner.id"], name=op.f("fk_sample_partner"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sample")),
        schema="feeds",
    )
    op.create_index(
        "ix_sample_due",
        "sample",
        ["next_at"],
        schema="feeds",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("ix_sample_partner", "sample", ["partner", "created_at"], schema="feeds")
