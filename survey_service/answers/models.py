"""Settled answers, freezes, and what is kept sealed beside a freeze."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import AnswersModel, KeysModel


class AnswerRow(AnswersModel, table=True):
    """One response, sealed with the row's key and padded."""

    __tablename__ = "answer"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)
    wave: str = Field(sa_type=Text, index=True)
    body: bytes = Field(sa_type=LargeBinary)
    by_code: bytes = Field(sa_type=LargeBinary, description="the row's key, wrapped by the code")
    handed_over: bytes | None = Field(
        default=None,
        sa_type=LargeBinary,
        description="a changed row's key, sealed for settle, until the office has its wrap",
    )


class ErasedAnswer(AnswersModel, table=True):
    """A row that a part without keys has deleted; gone once its key is destroyed."""

    __tablename__ = "erased"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    tag: bytes = Field(primary_key=True, sa_type=LargeBinary)


class OutdatedFreeze(AnswersModel, table=True):
    """A wave in which somebody erased or changed; gone once its freezes are destroyed."""

    __tablename__ = "outdated"
    __table_args__ = ({"sqlite_strict": True},)

    wave: str = Field(primary_key=True, sa_type=Text)


class FreezeRow(AnswersModel, table=True):
    """A wave as it stood at a freeze: one columnar file under a key of its own."""

    __tablename__ = "freeze"
    __table_args__ = ({"sqlite_strict": True},)

    id: str = Field(primary_key=True, sa_type=Text)
    wave: str = Field(sa_type=Text, index=True)
    number: int = Field(sa_type=Integer)
    made_on: str = Field(sa_type=Text)
    sealed: bytes = Field(sa_type=LargeBinary)


class ReviewRow(AnswersModel, table=True):
    """What checkers look at and nobody else: unpublished counts, sealed with the freeze's key."""

    __tablename__ = "review"
    __table_args__ = ({"sqlite_strict": True},)

    request: str = Field(primary_key=True, sa_type=Text)
    freeze: str = Field(sa_type=Text, index=True)
    sealed: bytes = Field(sa_type=LargeBinary)


class RewriteRow(AnswersModel, table=True):
    """How many rows a wave had when it was last rewritten, and whether all its rows were in it."""

    __tablename__ = "rewrite"
    __table_args__ = ({"sqlite_strict": True},)

    wave: str = Field(primary_key=True, sa_type=Text)
    rows: int = Field(sa_type=Integer)
    whole: int = Field(sa_type=Integer, description="1: nothing was settled since")


class FreezeKey(KeysModel, table=True):
    """A freeze's key, wrapped; destroying it destroys the freeze and all its reviews."""

    __tablename__ = "freeze_key"
    __table_args__ = ({"sqlite_strict": True},)

    freeze: str = Field(primary_key=True, sa_type=Text)
    wrapped: bytes = Field(sa_type=LargeBinary)
