"""the first tables"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from survey_service.stores.append_only import append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the store to this version."""
    op.create_table(
        "account",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("password_ends_at", sa.Text(), nullable=True),
        sa.Column("second_factor", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("username", name="account_username"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "account_session",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("second_factor", sa.LargeBinary(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("account_session_account", "account_session", ["account_id"], unique=False)
    op.create_table(
        "account_token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("ends_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hash", name="account_token_hash"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("account_token_account", "account_token", ["account_id"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("freeze_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=True),
        sa.Column("made_at", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("(kind = 'released') = (facts IS NOT NULL)", name="ledger_facts"),
        sa.CheckConstraint(
            "kind IN ('under_review', 'not_released', 'released')", name="ledger_kind"
        ),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("hash", name="ledger_hash"),
        sa.UniqueConstraint("previous", name="ledger_chain"),
        sqlite_strict=True,
    )
    op.create_index("ledger_wave", "ledger_entry", ["wave", "kind", "seq"], unique=False)
    op.create_table(
        "request",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("freeze_id", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("question_hash", sa.Text(), nullable=False),
        sa.Column("layout", sa.Text(), nullable=False),
        sa.Column("purpose_code", sa.Text(), nullable=False),
        sa.Column("purpose_text", sa.Text(), nullable=False),
        sa.Column("asked_on", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("day_number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=True),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("asked_again", sa.Text(), nullable=True),
        sa.Column("nearest", sa.Text(), nullable=True),
        sa.Column("release_id", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(state = 'joined') = (leader IS NOT NULL)", name="request_joined"),
        sa.CheckConstraint(
            "(state = 'released') = (release_id IS NOT NULL)", name="request_released"
        ),
        sa.CheckConstraint("state <> 'under_review' OR round >= 1", name="request_reviewed"),
        sa.CheckConstraint("state = 'not_released' OR nearest IS NULL", name="request_nearest"),
        sa.CheckConstraint(
            "state IN ('submitted', 'under_review', 'released', 'not_released', 'joined')",
            name="request_state",
        ),
        sa.ForeignKeyConstraint(
            ["leader"],
            ["request.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("author", "asked_on", "day_number", name="request_day_number"),
        sa.UniqueConstraint("author", "key", name="request_once_per_key"),
        sa.UniqueConstraint("id", "author", name="request_with_author"),
        sqlite_strict=True,
    )
    op.create_index(
        "request_leads",
        "request",
        ["freeze_id", "question_hash"],
        unique=True,
        sqlite_where=sa.text("state <> 'joined'"),
        postgresql_where=sa.text("state <> 'joined'"),
    )
    op.create_index("request_wave", "request", ["wave", "asked_on"], unique=False)
    op.create_table(
        "sign_in_delay",
        sa.Column("name_hash", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name_hash"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("sign_in_delay_last", "sign_in_delay", ["last_at"], unique=False)
    op.create_table(
        "survey",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("draft_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
        sqlite_strict=True,
    )
    op.create_table(
        "used_totp",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column(
            "step",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("account_id", "step"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notice",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey"],
            ["survey.slug"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("survey", "version"),
        sqlite_strict=True,
    )
    op.create_table(
        "questionnaire",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey"],
            ["survey.slug"],
        ),
        sa.PrimaryKeyConstraint("digest"),
        sa.UniqueConstraint("survey", "version"),
        sqlite_strict=True,
    )
    op.create_table(
        "release",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("wave", sa.Text(), nullable=False),
        sa.Column("freeze_id", sa.Text(), nullable=False),
        sa.Column("released_on", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request"],
            ["request.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("request", name="release_once_per_request"),
        sqlite_strict=True,
    )
    op.create_index("release_wave", "release", ["wave", "released_on"], unique=False)
    op.create_table(
        "vote",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("checker", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("choice", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cast_at", sa.Text(), nullable=False),
        sa.CheckConstraint("choice IN ('release', 'do_not_release')", name="vote_choice"),
        sa.CheckConstraint("author <> checker", name="vote_four_eyes"),
        sa.CheckConstraint("slot IN (1, 2)", name="vote_slot"),
        sa.ForeignKeyConstraint(
            ["request", "author"],
            ["request.id", "request.author"],
        ),
        sa.PrimaryKeyConstraint("request", "round", "checker"),
        sa.UniqueConstraint("request", "round", "slot", name="vote_two_a_round"),
        sqlite_strict=True,
    )
    op.create_table(
        "release_file",
        sa.Column("release", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["release"],
            ["release.id"],
        ),
        sa.PrimaryKeyConstraint("release", "name"),
        sqlite_strict=True,
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("survey", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("questionnaire", sa.Text(), nullable=False),
        sa.Column("notice", sa.Text(), nullable=False),
        sa.Column("planned_sample", sa.Integer(), nullable=False),
        sa.Column("cooling_off_days", sa.Integer(), nullable=False),
        sa.Column("freeze_interval_days", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Text(), nullable=True),
        sa.Column("closes_on", sa.Text(), nullable=True),
        sa.Column("closed_on", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('draft', 'open', 'closed', 'archived')", name="wave_state"),
        sa.ForeignKeyConstraint(
            ["notice"],
            ["notice.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["questionnaire"],
            ["questionnaire.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["survey"],
            ["survey.slug"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("survey", "number"),
        sqlite_strict=True,
    )
    tables = ("ledger_entry", "release", "release_file", "vote")
    words = "what was published or voted is never changed"
    for statement in append_only(op.get_bind().dialect.name, tables, words):
        op.execute(statement)


def downgrade() -> None:
    """Refuse: a store that holds people's data is restored from its backup instead."""
    raise RuntimeError("stores are never taken back to an older version")
