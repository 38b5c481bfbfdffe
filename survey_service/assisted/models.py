"""A window in which somebody is being helped, and the counts that are all that stays of it."""

from __future__ import annotations

from sqlmodel import Field, Integer, LargeBinary, Text

from survey_service.stores.bases import DraftsModel, OfficeModel

RANDOM_KEY = {"sqlite_strict": True, "sqlite_with_rowid": False}


class AssistedWindow(DraftsModel, table=True):
    """An interview in progress: who holds the device now. It names no mediator and no draft.

    `id` is the hash of a secret in the window's cookie; `key` opens the code that the same cookie
    carries sealed. When the row goes, whatever was kept of the cookie opens nothing.
    """

    __tablename__ = "assisted_window"
    __table_args__ = (RANDOM_KEY,)

    id: bytes = Field(primary_key=True, sa_type=LargeBinary)
    key: bytes = Field(sa_type=LargeBinary)
    slug: str = Field(sa_type=Text)
    mode: str = Field(sa_type=Text, description="helper, own, waiting, stuck or rights")
    pin_hash: str | None = Field(default=None, sa_type=Text)
    tries: int = Field(default=0, sa_type=Integer)
    alone: int = Field(default=0, sa_type=Integer, description="1: he goes on without help")
    later: int = Field(default=0, sa_type=Integer, description="1: his own questions come last")
    said: str = Field(sa_type=Text, description="JSON for the receipt's commitment: never who")
    replaces: bytes | None = Field(
        default=None, sa_type=LargeBinary, description="the same window under its last secret"
    )
    expires_on: str = Field(sa_type=Text)
    loan: str | None = Field(
        default=None, sa_type=Text, description="where parts are separate, what it was lent under"
    )


class AssistedLoan(DraftsModel, table=True):
    """A loan that has begun a window, or that was given back: it begins none any more."""

    __tablename__ = "assisted_loan"
    __table_args__ = (RANDOM_KEY,)

    loan: str = Field(primary_key=True, sa_type=Text)
    expires_on: str = Field(sa_type=Text)


class AssistedDay(OfficeModel, table=True):
    """How many interviews with help were begun and handed over on a day, whoever helped."""

    __tablename__ = "assisted_day"
    __table_args__ = ({"sqlite_strict": True},)

    day: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(primary_key=True, sa_type=Text)
    starts: int = Field(default=0, sa_type=Integer)
    hand_overs: int = Field(default=0, sa_type=Integer)


class AssistedCount(OfficeModel, table=True):
    """How many interviews a mediator has begun in a survey; without days."""

    __tablename__ = "assisted_count"
    __table_args__ = ({"sqlite_strict": True},)

    account_id: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(primary_key=True, sa_type=Text)
    starts: int = Field(default=0, sa_type=Integer)
