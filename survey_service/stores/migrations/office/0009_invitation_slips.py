"""invitation slips: how a wave invites, and the batches that were printed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    for name, default in (("invitation", "open"), ("once", "off")):
        column = sa.Column(name, sa.Text(), nullable=False, server_default=default)
        op.add_column("wave", column)
    op.create_table(
        "slip_batch",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("slips", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Text(), nullable=False),
        sa.Column("revoked_on", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["wave"], ["wave.id"]),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
