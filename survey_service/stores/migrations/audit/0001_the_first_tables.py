"""the first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey_service.audit_log.seat_belts import seat_belts

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.create_table(
        "audit_checkpoint",
        sa.Column(
            "size",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size"),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_detail",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_leaf",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_table(
        "audit_node",
        sa.Column(
            "level",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "place",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "place"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "audit_search",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("time", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("object_type", sa.Text(), nullable=False),
        sa.Column("object_ref", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_strict=True,
    )
    op.create_index("audit_search_act", "audit_search", ["act", "seq"], unique=False)
    op.create_index("audit_search_actor", "audit_search", ["actor", "seq"], unique=False)
    op.create_index(
        "audit_search_object", "audit_search", ["object_type", "object_ref", "seq"], unique=False
    )
    op.create_index("audit_search_outcome", "audit_search", ["outcome", "seq"], unique=False)
    op.create_index("audit_search_time", "audit_search", ["time"], unique=False)
    for statement in seat_belts(op.get_bind().dialect.name):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
