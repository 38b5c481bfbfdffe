"""Who may find lost codes of a wave, as two people settled it, and requests to find one."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel
from survey_service.two_people.models import AskedModel

STRICT = {"sqlite_strict": True}


class EscrowChoiceRow(OfficeModel, table=True):
    """Two officers' public keys, or none, proposed for a wave; in force once two people agreed."""

    __tablename__ = "escrow_choice"
    __table_args__ = (
        CheckConstraint("proposed_by <> decided_by", name="escrow_choice_two_people"),
        CheckConstraint("state IN ('proposed', 'agreed', 'declined')", name="escrow_choice_state"),
        CheckConstraint(
            "(state = 'proposed') = (decided_by IS NULL)", name="escrow_choice_decided"
        ),
        STRICT,
    )

    wave: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_type=Integer)
    outer_key: str | None = Field(default=None, sa_type=Text)
    inner_key: str | None = Field(default=None, sa_type=Text)
    reason: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    proposed_by: str = Field(sa_type=Text)
    proposed_on: str = Field(sa_type=Text)
    decided_by: str | None = Field(default=None, sa_type=Text)
    decided_on: str | None = Field(default=None, sa_type=Text)


class EscrowRequestRow(AskedModel, table=True):
    """One request; `told` opens for settle alone and goes when it has looked."""

    __tablename__ = "escrow_request"
    __table_args__ = (CheckConstraint("asked_by <> decided_by", name="escrow_two_people"), STRICT)

    wave: str = Field(sa_type=Text)
    told: bytes | None = Field(default=None, sa_type=LargeBinary)
    fetched_at: str | None = Field(default=None, sa_type=Text)


class EscrowSettleKeyRow(OfficeModel, table=True):
    """The public key to which the office seals whom to look for; settle leaves it here."""

    __tablename__ = "escrow_settle_key"
    __table_args__ = (STRICT,)

    id: str = Field(primary_key=True, sa_type=Text)
    public_key: bytes = Field(sa_type=LargeBinary)
