"""quotas of waves, and slips that a mediator is to print"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.create_table(
        "quota_plan",
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("targets", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("due", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.id"]),
        sa.PrimaryKeyConstraint("wave"),
        sqlite_strict=True,
    )
    op.create_table(
        "handed_slips",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("slips", sa.Integer(), nullable=False),
        sa.Column("handed_on", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["wave"], ["wave.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
