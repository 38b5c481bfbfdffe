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
        "generation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("vault_key", sa.LargeBinary(), nullable=False),
        sa.Column("answers_key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_generation_wave"), "generation", ["wave"], unique=False)
    op.create_table(
        "waiting",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("vault_part", sa.LargeBinary(), nullable=False),
        sa.Column("answers_part", sa.LargeBinary(), nullable=False),
        sa.Column("own_copy", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_waiting_generation"), "waiting", ["generation"], unique=False)


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
