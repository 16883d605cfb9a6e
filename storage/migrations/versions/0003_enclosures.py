"""Files that go with a letter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "enclosures",
        sa.Column("letter_key", sa.String(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["letter_key"], ["letters.key"]),
        sa.PrimaryKeyConstraint("letter_key", "place"),
    )


def downgrade() -> None:
    """Back: what has not left by then leaves without its files, which delivery refuses."""
    op.drop_table("enclosures")
