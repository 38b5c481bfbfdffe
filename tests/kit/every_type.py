"""One questionnaire with every type of question, read from the spreadsheet that holds it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schemas.questionnaire import Questionnaire
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.importing import import_workbook

SHEET = Path(__file__).parents[1] / "data" / "xlsform" / "every-type.md"


@cache
def every_type() -> Questionnaire:
    """Return the questionnaire; what keeps it out is raised as it stands in the report."""
    core = load()
    found = import_workbook(
        SHEET.read_bytes(),
        code_lists=core.code_lists,
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )
    if found.questionnaire is None:
        raise ValueError("\n".join(map(str, found.findings)))
    return found.questionnaire
