"""When partners planned their digests anew, and which issue covers an event."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Go one step forward."""
    op.add_column(
        "partner",
        sa.Column(
            "planned_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when digests were last planned anew",
        ),
        schema="notify",
    )
    op.create_index(
        "ix_digest_partner_until_sequence",
        "digest",
        ["partner", "until_sequence", "from_sequence"],
        schema="feeds",
    )
