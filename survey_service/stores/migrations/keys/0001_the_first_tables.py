"""the first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.create_table(
        "freeze_key",
        sa.Column("freeze", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("freeze"),
        sqlite_strict=True,
    )
    op.create_table(
        "row_key",
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_row_key_scope"), "row_key", ["scope"], unique=False)
    op.create_table(
        "settle_key",
        sa.Column("generation", sa.Text(), nullable=False),
        sa.Column("vault_private", sa.LargeBinary(), nullable=False),
        sa.Column("answers_private", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("generation"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
