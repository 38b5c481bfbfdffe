"""no index by generation

Nearly all that waits is of one generation, so the index never spared a look at the rows; and
each submission wrote a second page for it.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.drop_index(op.f("ix_waiting_generation"), table_name="waiting")


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
