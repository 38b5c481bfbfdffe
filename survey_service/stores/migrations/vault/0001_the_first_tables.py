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
        "consent",
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("contact", sa.LargeBinary(), nullable=False),
        sa.Column("by_code", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tag"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_consent_survey"), "consent", ["survey"], unique=False)


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
