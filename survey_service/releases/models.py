"""Requests, votes, releases, their files and the ledger, in the `office` store.

No unpublished count stands here: what checkers look at is kept by the answers, sealed with the
freeze's key.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, Integer

from survey_service.stores.bases import OfficeModel

STRICT = {"sqlite_strict": True}
_LEADS = text("state <> 'joined'")


class RequestRow(OfficeModel, table=True):
    """A table somebody asked for, and where it stands.

    The first to ask a question on a freeze leads; a later one joins and has its answer, so that
    the same question never has two. `day_number` counts an author's requests of one day: its
    uniqueness keeps the budget under any number of workers. `version` rises with every change.
    """

    __tablename__ = "request"
    __table_args__ = (
        UniqueConstraint("author", "key", name="request_once_per_key"),
        UniqueConstraint("id", "author", name="request_with_author"),
        UniqueConstraint("author", "asked_on", "day_number", name="request_day_number"),
        CheckConstraint(
            "state IN ('submitted', 'under_review', 'released', 'not_released', 'joined')",
            name="request_state",
        ),
        CheckConstraint("(state = 'joined') = (leader IS NOT NULL)", name="request_joined"),
        CheckConstraint("(state = 'released') = (release_id IS NOT NULL)", name="request_released"),
        CheckConstraint("state <> 'under_review' OR round >= 1", name="request_reviewed"),
        CheckConstraint("state = 'not_released' OR nearest IS NULL", name="request_nearest"),
        Index(
            "request_leads",
            "freeze_id",
            "question_hash",
            unique=True,
            sqlite_where=_LEADS,
            postgresql_where=_LEADS,
        ),
        Index("request_wave", "wave", "asked_on"),
        STRICT,
    )

    id: str = Field(primary_key=True, sa_type=Text)
    author: str = Field(sa_type=Text)
    key: str = Field(sa_type=Text)
    survey: str = Field(sa_type=Text)
    wave: str = Field(sa_type=Text)
    freeze_id: str = Field(sa_type=Text)
    question: str = Field(sa_type=Text)
    question_hash: str = Field(sa_type=Text)
    layout: str = Field(sa_type=Text)
    purpose_code: str = Field(sa_type=Text)
    purpose_text: str = Field(sa_type=Text)
    asked_on: str = Field(sa_type=Text)
    asked_at: str = Field(sa_type=Text)
    day_number: int = Field(sa_type=Integer)
    state: str = Field(sa_type=Text)
    leader: str | None = Field(default=None, sa_type=Text, foreign_key="request.id")
    round: int = Field(default=0, sa_type=Integer)
    asked_again: str | None = Field(default=None, sa_type=Text)
    nearest: str | None = Field(default=None, sa_type=Text)
    release_id: str | None = Field(default=None, sa_type=Text)
    version: int = Field(default=1, sa_type=Integer)


class VoteRow(OfficeModel, table=True):
    """One checker's word in one round. Never the author's: the author stands beside it."""

    __tablename__ = "vote"
    __table_args__ = (
        ForeignKeyConstraint(["request", "author"], ["request.id", "request.author"]),
        UniqueConstraint("request", "round", "slot", name="vote_two_a_round"),
        CheckConstraint("author <> checker", name="vote_four_eyes"),
        CheckConstraint("slot IN (1, 2)", name="vote_slot"),
        CheckConstraint("choice IN ('release', 'do_not_release')", name="vote_choice"),
        STRICT,
    )

    request: str = Field(primary_key=True, sa_type=Text)
    round: int = Field(primary_key=True, sa_type=Integer)
    checker: str = Field(primary_key=True, sa_type=Text)
    author: str = Field(sa_type=Text)
    slot: int = Field(sa_type=Integer)
    choice: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    cast_at: str = Field(sa_type=Text)


class ReleaseRow(OfficeModel, table=True):
    """A published table as it was published; nothing in it changes afterwards."""

    __tablename__ = "release"
    __table_args__ = (
        UniqueConstraint("request", name="release_once_per_request"),
        Index("release_wave", "wave", "released_on"),
        STRICT,
    )

    id: str = Field(primary_key=True, sa_type=Text)
    request: str = Field(sa_type=Text, foreign_key="request.id")
    wave: str = Field(sa_type=Text)
    freeze_id: str = Field(sa_type=Text)
    released_on: str = Field(sa_type=Text)
    number: int = Field(sa_type=Integer, unique=True)
    body: str = Field(sa_type=Text)


class RevocationRow(OfficeModel, table=True):
    """A release taken back: no longer shown, and in the ledger all the same."""

    __tablename__ = "revocation"
    __table_args__ = (STRICT,)

    release: str = Field(primary_key=True, sa_type=Text, foreign_key="release.id")
    revoked_on: str = Field(sa_type=Text)


class ReleaseRulesRow(OfficeModel, table=True):
    """Rules proposed for the tables of a wave; in force once a second person has agreed."""

    __tablename__ = "release_rules"
    __table_args__ = (
        CheckConstraint("proposed_by <> decided_by", name="release_rules_two_people"),
        CheckConstraint("state IN ('proposed', 'agreed', 'declined')", name="release_rules_state"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)", name="release_rules_decided"
        ),
        STRICT,
    )

    wave: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_type=Integer)
    document: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    proposed_by: str = Field(sa_type=Text)
    proposed_on: str = Field(sa_type=Text)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_on: str | None = Field(default=None, sa_type=Text)


class ReleaseFile(OfficeModel, table=True):
    """One file of a release, byte for byte as its certificate names it."""

    __tablename__ = "release_file"
    __table_args__ = (STRICT,)

    release: str = Field(primary_key=True, sa_type=Text, foreign_key="release.id")
    name: str = Field(primary_key=True, sa_type=Text)
    sha256: str = Field(sa_type=Text)
    content: bytes = Field(sa_type=LargeBinary)


class LedgerRow(OfficeModel, table=True):
    """One answer given: what was asked of which freeze, and every number published with it.

    Append-only; `previous` is the hash of the entry before and unique, so that the chain cannot
    fork. `facts` is the published table where something was released, else empty.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("previous", name="ledger_chain"),
        UniqueConstraint("hash", name="ledger_hash"),
        CheckConstraint("kind IN ('under_review', 'not_released', 'released')", name="ledger_kind"),
        CheckConstraint("(kind = 'released') = (facts IS NOT NULL)", name="ledger_facts"),
        Index("ledger_wave", "wave", "kind", "seq"),
        STRICT,
    )

    seq: int = Field(primary_key=True, sa_type=Integer, sa_column_kwargs={"autoincrement": False})
    wave: str = Field(sa_type=Text)
    freeze_id: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    audience: str = Field(sa_type=Text)
    request: str = Field(sa_type=Text)
    question: str = Field(sa_type=Text)
    facts: str | None = Field(default=None, sa_type=Text)
    made_at: str = Field(sa_type=Text)
    previous: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
