"""A ceremony from its proposal to its end; reasons stand in the audit log."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel

STATES = "'proposed', 'confirmed', 'done', 'declined'"


class CeremonyRow(OfficeModel, table=True):
    """An act that two people agree on. One that is proposed and past its end is simply over."""

    __tablename__ = "ceremony"
    __table_args__ = (
        CheckConstraint(f"state IN ({STATES})", name="ceremony_state"),
        CheckConstraint("decided_by <> proposed_by", name="ceremony_two_people"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)", name="ceremony_decided_by_somebody"
        ),
        {"sqlite_strict": True},
    )

    id: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(sa_type=Text, description="rotate or destroy")
    subject: str = Field(sa_type=Text, description="which key, or what is destroyed")
    state: str = Field(sa_type=Text)
    epoch: int = Field(sa_type=Integer, description="the subject's epoch once it is done")
    proposed_by: str = Field(sa_type=Text)
    proposed_at: str = Field(sa_type=Text)
    ends_at: str = Field(sa_type=Text)
    entry: int = Field(sa_type=Integer, description="the audit entry that holds the reason")
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_at: str | None = Field(default=None, sa_type=Text)
    done_at: str | None = Field(default=None, sa_type=Text)
