"""The ledger of digests' mail, and the addresses that get none."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Go one step forward."""
    op.add_column(
        "digest",
        sa.Column(
            "shows",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="ids of the posts whose content stands in html and text",
        ),
        schema="feeds",
    )
    op.create_table(
        "mail",
        sa.Column("digest_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="as the partner's schedule had it"),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="pending, sent, failed or suppressed"
        ),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False, comment="the same at every attempt"),
        sa.Column("token_hash", sa.Text(), nullable=False, comment="finds the link's address"),
        sa.Column(
            "token",
            sa.LargeBinary(),
            nullable=True,
            comment="encrypted, as long as the mail may be sent again",
        ),
        sa.ForeignKeyConstraint(
            ["digest_id"], ["feeds.digest.id"], name=op.f("fk_mail_digest_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest_id", "address", name=op.f("pk_mail")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_mail_token_hash")),
        schema="feeds",
    )
    op.create_index(
        "ix_mail_due",
        "mail",
        ["next_at", "digest_id"],
        schema="feeds",
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "suppression",
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="in its normal form"),
        sa.Column(
            "reason", sa.Text(), nullable=False, comment="unsubscribed, or how it was refused"
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner"],
            ["notify.partner.id"],
            name=op.f("fk_suppression_partner"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("partner", "address", name=op.f("pk_suppression")),
        schema="feeds",
    )
