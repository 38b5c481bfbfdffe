"""Requests for safe files and the votes on them, in the `office` store.

No record stands here: the file and its report are kept by the answers, sealed with the freeze's
key, and go with it.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, Integer

from survey_service.stores.bases import OfficeModel

STRICT = {"sqlite_strict": True}
_LIVING = text("state <> 'refused'")


class SafeFileRow(OfficeModel, table=True):
    """A file somebody asked for, and where it stands. One per project and wave: two files of
    one wave in the same hands could be laid side by side."""

    __tablename__ = "safe_file"
    __table_args__ = (
        UniqueConstraint("id", "author", name="safe_file_with_author"),
        CheckConstraint(
            "state IN ('submitted', 'under_review', 'approved', 'refused')", name="safe_file_state"
        ),
        CheckConstraint(
            "(state IN ('under_review', 'approved')) <= (file_hash IS NOT NULL)",
            name="safe_file_made",
        ),
        Index(
            "safe_file_one_a_wave",
            "author",
            "wave",
            unique=True,
            sqlite_where=_LIVING,
            postgresql_where=_LIVING,
        ),
        STRICT,
    )

    id: str = Field(primary_key=True, sa_type=Text)
    author: str = Field(sa_type=Text)
    wave: str = Field(sa_type=Text)
    freeze_id: str = Field(sa_type=Text)
    project: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    known: str = Field(sa_type=Text)
    others: str = Field(sa_type=Text)
    asked_on: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    file_hash: str | None = Field(default=None, sa_type=Text)
    report_hash: str | None = Field(default=None, sa_type=Text)
    version: int = Field(default=1, sa_type=Integer)


class SafeFileVoteRow(OfficeModel, table=True):
    """One checker's word. Never the author's: the author stands beside it."""

    __tablename__ = "safe_file_vote"
    __table_args__ = (
        ForeignKeyConstraint(["file", "author"], ["safe_file.id", "safe_file.author"]),
        UniqueConstraint("file", "slot", name="safe_file_vote_two"),
        CheckConstraint("author <> checker", name="safe_file_vote_four_eyes"),
        CheckConstraint("slot IN (1, 2)", name="safe_file_vote_slot"),
        CheckConstraint("choice IN ('release', 'do_not_release')", name="safe_file_vote_choice"),
        STRICT,
    )

    file: str = Field(primary_key=True, sa_type=Text)
    checker: str = Field(primary_key=True, sa_type=Text)
    author: str = Field(sa_type=Text)
    slot: int = Field(sa_type=Integer)
    choice: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    cast_on: str = Field(sa_type=Text)
