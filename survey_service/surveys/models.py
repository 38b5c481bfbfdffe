"""Surveys, the versions of their questionnaires and notices, and their waves."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel

STRICT = {"sqlite_strict": True}


class SurveyRow(OfficeModel, table=True):
    """A survey: its slug, its titles, and the salt that makes its codes its own."""

    __tablename__ = "survey"
    __table_args__ = (STRICT,)

    slug: str = Field(primary_key=True, sa_type=Text)
    title: str = Field(sa_type=Text, description="JSON: language to title")
    salt: bytes = Field(sa_type=LargeBinary)
    draft_days: int = Field(sa_type=Integer)


class QuestionnaireRow(OfficeModel, table=True):
    """One version of a questionnaire; never changed once stored."""

    __tablename__ = "questionnaire"
    __table_args__ = (UniqueConstraint("survey", "version"), STRICT)

    digest: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(sa_type=Text, sa_column_args=(ForeignKey("survey.slug"),))
    version: int = Field(sa_type=Integer)
    document: str = Field(sa_type=Text)
    code_lists: str = Field(
        default="{}", sa_type=Text, sa_column_kwargs={"server_default": "{}"},
        description="JSON: code list to the digest of its version",
    )  # fmt: skip
    report: str = Field(
        default="[]", sa_type=Text, sa_column_kwargs={"server_default": "[]"},
        description="JSON: what the reading of the file left out or warned of",
    )  # fmt: skip


class SurveyVersionRow(OfficeModel, table=True):
    """That a questionnaire is this version of this survey; two surveys may share one."""

    __tablename__ = "survey_version"
    __table_args__ = (STRICT,)

    survey: str = Field(primary_key=True, sa_type=Text, sa_column_args=(ForeignKey("survey.slug"),))
    version: int = Field(primary_key=True, sa_type=Integer)
    digest: str = Field(sa_type=Text, sa_column_args=(ForeignKey("questionnaire.digest"),))


class CodeListRow(OfficeModel, table=True):
    """One version of a code list; never changed once stored."""

    __tablename__ = "code_list"
    __table_args__ = (UniqueConstraint("id", "version"), STRICT)

    digest: str = Field(primary_key=True, sa_type=Text)
    id: str = Field(sa_type=Text)
    version: int = Field(sa_type=Integer)
    document: str = Field(sa_type=Text)


class NoticeRow(OfficeModel, table=True):
    """One version of a notice; never changed once stored."""

    __tablename__ = "notice"
    __table_args__ = (UniqueConstraint("survey", "version"), STRICT)

    digest: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(sa_type=Text, sa_column_args=(ForeignKey("survey.slug"),))
    version: int = Field(sa_type=Integer)
    document: str = Field(sa_type=Text)


class WaveRow(OfficeModel, table=True):
    """A wave of field work, pinned to one questionnaire and one notice."""

    __tablename__ = "wave"
    __table_args__ = (
        UniqueConstraint("survey", "number"),
        CheckConstraint("state IN ('draft', 'open', 'closed', 'archived')", name="wave_state"),
        STRICT,
    )

    id: str = Field(primary_key=True, sa_type=Text)
    survey: str = Field(sa_type=Text, sa_column_args=(ForeignKey("survey.slug"),))
    number: int = Field(sa_type=Integer)
    state: str = Field(sa_type=Text)
    questionnaire: str = Field(sa_type=Text, sa_column_args=(ForeignKey("questionnaire.digest"),))
    notice: str = Field(sa_type=Text, sa_column_args=(ForeignKey("notice.digest"),))
    planned_sample: int = Field(sa_type=Integer)
    cooling_off_days: int = Field(sa_type=Integer)
    freeze_interval_days: int = Field(sa_type=Integer)
    invitation: str = Field(
        default="open", sa_type=Text, sa_column_kwargs={"server_default": "open"}
    )
    once: str = Field(default="off", sa_type=Text, sa_column_kwargs={"server_default": "off"})
    opened_on: str | None = Field(default=None, sa_type=Text)
    closes_on: str | None = Field(default=None, sa_type=Text)
    closed_on: str | None = Field(default=None, sa_type=Text)
