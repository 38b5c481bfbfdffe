"""Requests for lists of contacts, and the rounded statistics that settle makes of consents."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel
from survey_service.two_people.models import AskedModel


class ContactListRow(AskedModel, table=True):
    """One request; `sealed` opens with the passphrase of whoever asked, and goes at the end."""

    __tablename__ = "contact_list"
    __table_args__ = ({"sqlite_strict": True},)

    salt: bytes = Field(sa_type=LargeBinary)
    public_key: bytes = Field(sa_type=LargeBinary)


class ConsentStatisticRow(OfficeModel, table=True):
    """How many have a purpose in force, floored to ten; no number below twenty."""

    __tablename__ = "consent_statistic"
    __table_args__ = ({"sqlite_strict": True},)

    survey: str = Field(primary_key=True, sa_type=Text)
    purpose: str = Field(primary_key=True, sa_type=Text)
    yes: int | None = Field(default=None, sa_type=Integer)
    made_on: str = Field(sa_type=Text)
