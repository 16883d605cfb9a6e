"""Test mails through the mailbox, and alarms that are not over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "canaries",
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("token"),
    )
    with op.batch_alter_table("canaries", schema=None) as batch_op:
        batch_op.create_index("ix_canaries_newest", ["shop", "way", "sent_at"], unique=False)
    op.create_table(
        "alarms",
        sa.Column("shop", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("shop", "what"),
    )


def downgrade() -> None:
    """Back: the evidence of the test mails is lost."""
    op.drop_table("alarms")
    with op.batch_alter_table("canaries", schema=None) as batch_op:
        batch_op.drop_index("ix_canaries_newest")
    op.drop_table("canaries")
