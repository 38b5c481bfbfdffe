"""handed-over keys

A changed row's new key waits in the row, sealed for settle, until the office has its own wrap.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.add_column("answer", sa.Column("handed_over", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
