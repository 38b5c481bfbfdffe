"""Drafts, and the inbox of submissions that wait for settle."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import DraftsModel, InboxModel, OfficeModel

RANDOM_KEY = {"sqlite_strict": True, "sqlite_with_rowid": False}


class DraftRow(DraftsModel, table=True):
    """An unfinished form, sealed with the respondent's code alone."""

    __tablename__ = "draft"
    __table_args__ = (RANDOM_KEY,)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    sealed: bytes = Field(sa_type=LargeBinary)
    expires_on: str = Field(sa_type=Text, description="ISO date; readable by nobody after it")


class PreviewRow(OfficeModel, table=True):
    """A questionnaire that staff try out, sealed with the code of that window alone."""

    __tablename__ = "preview"
    __table_args__ = (RANDOM_KEY,)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    sealed: bytes = Field(sa_type=LargeBinary)
    expires_on: str = Field(sa_type=Text)


class Generation(InboxModel, table=True):
    """A generation of the inbox: the public keys that its submissions are sealed to."""

    __tablename__ = "generation"
    __table_args__ = ({"sqlite_strict": True},)

    id: str = Field(primary_key=True, sa_type=Text)
    wave: str = Field(sa_type=Text, index=True)
    state: str = Field(sa_type=Text, description="open or closing")
    vault_key: bytes = Field(sa_type=LargeBinary)
    answers_key: bytes = Field(sa_type=LargeBinary)


class Waiting(InboxModel, table=True):
    """A submission: two parts for two keys, and a copy for the respondent's code."""

    __tablename__ = "waiting"
    __table_args__ = (RANDOM_KEY,)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    generation: str = Field(sa_type=Text)
    digest: bytes = Field(sa_type=LargeBinary, description="keyed with the code: same content?")
    vault_part: bytes = Field(sa_type=LargeBinary)
    answers_part: bytes = Field(sa_type=LargeBinary)
    own_copy: bytes = Field(sa_type=LargeBinary)


class DecisionChange(InboxModel, table=True):
    """Purposes taken back, for the vault's next shuffle; the answers were changed at once."""

    __tablename__ = "decision_change"
    __table_args__ = (RANDOM_KEY,)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    generation: str = Field(sa_type=Text)
    vault_part: bytes = Field(sa_type=LargeBinary)
    own_copy: bytes = Field(sa_type=LargeBinary)


class Mark(InboxModel, table=True):
    """What settle has to do or to log, and how many times it was asked for; names nobody."""

    __tablename__ = "mark"
    __table_args__ = ({"sqlite_strict": True},)

    what: str = Field(primary_key=True, sa_type=Text)
    count: int = Field(sa_type=Integer)
