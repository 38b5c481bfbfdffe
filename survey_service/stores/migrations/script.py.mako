"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
