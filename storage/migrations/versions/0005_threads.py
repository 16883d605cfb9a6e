"""The thread of each letter by mail, so that a thread has a budget; and letters by time, to see a flood."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.add_column(sa.Column("thread", sa.String(), nullable=False, server_default=sa.text("''")))
        batch_op.create_index("ix_letters_thread", ["thread", "created_at"], unique=False)
        batch_op.create_index("ix_letters_lately", ["shop", "route", "created_at"], unique=False)


def downgrade() -> None:
    """Back."""
    with op.batch_alter_table("letters", schema=None) as batch_op:
        batch_op.drop_index("ix_letters_lately")
        batch_op.drop_index("ix_letters_thread")
        batch_op.drop_column("thread")
