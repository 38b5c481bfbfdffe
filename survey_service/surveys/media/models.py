"""The files themselves, by what they hold, and which of them a questionnaire's names mean."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, LargeBinary, Text
from sqlmodel import Field

from survey_service.stores.bases import OfficeModel

STRICT = {"sqlite_strict": True}


class MediaFileRow(OfficeModel, table=True):
    """A picture or a recording as it is served; the same file is kept once."""

    __tablename__ = "media_file"
    __table_args__ = (STRICT,)

    sha: str = Field(primary_key=True, sa_type=Text)
    media_type: str = Field(sa_type=Text)
    size: int = Field(sa_type=Integer)
    width: int | None = Field(default=None, sa_type=Integer)
    height: int | None = Field(default=None, sa_type=Integer)
    data: bytes = Field(sa_type=LargeBinary)


class QuestionnaireFileRow(OfficeModel, table=True):
    """Which file a name in a questionnaire means; locked once a wave of it was opened."""

    __tablename__ = "questionnaire_file"
    __table_args__ = (STRICT,)

    questionnaire: str = Field(
        primary_key=True, sa_type=Text, sa_column_args=(ForeignKey("questionnaire.digest"),)
    )
    name: str = Field(primary_key=True, sa_type=Text)
    sha: str = Field(sa_type=Text, sa_column_args=(ForeignKey("media_file.sha"),))
