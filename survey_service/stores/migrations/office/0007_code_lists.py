"""Code lists have versions, and a questionnaire names those it was stored with.

Which questionnaire is which version of which survey stands apart, as two surveys may share one.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.create_table(
        "code_list",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("id", "version"),
        sqlite_strict=True,
    )
    for name, default in (("code_lists", "{}"), ("report", "[]")):
        column = sa.Column(name, sa.Text(), nullable=False, server_default=default)
        op.add_column("questionnaire", column)
    op.create_table(
        "survey_version",
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["survey"], ["survey.slug"]),
        sa.ForeignKeyConstraint(["digest"], ["questionnaire.digest"]),
        sa.PrimaryKeyConstraint("survey", "version"),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO survey_version (survey, version, digest)"
        " SELECT survey, version, digest FROM questionnaire"
    )


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
