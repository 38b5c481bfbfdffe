"""Certificates of erasure: begun before anything is erased, whole once it is."""

from __future__ import annotations

from sqlalchemy import Integer, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel


class CertificateRow(OfficeModel, table=True):
    """One erasure that was due; `document` is the signed certificate once all of it was done."""

    __tablename__ = "erasure_certificate"
    __table_args__ = ({"sqlite_strict": True},)

    id: str = Field(primary_key=True, sa_type=Text, description="scope, purpose and the run")
    survey: str = Field(sa_type=Text)
    scope: str = Field(sa_type=Text, description="the wave's id, or the survey's slug")
    purpose: str = Field(sa_type=Text)
    store: str = Field(sa_type=Text)
    day: str = Field(sa_type=Text)
    rows: int = Field(sa_type=Integer, description="floored to ten")
    entry: int = Field(sa_type=Integer, description="the audit entry made before")
    document: str | None = Field(default=None, sa_type=Text)
