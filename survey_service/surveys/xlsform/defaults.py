"""What stands in a field before anybody has said anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from schemas.questionnaire import GdprCategory, QuestionKind
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings

_CHOSEN = frozenset({QuestionKind.SINGLE, QuestionKind.MULTI})


def default_of(row: Row, fields: Mapping[str, Any], findings: Findings) -> str | None:
    """The default, where it is an answer that could be given; it says nothing for anybody.

    What is special-category data (Art. 9) is never filled in: an answer that stood there already
    is no explicit one (EDPB Guidelines 05/2020, 4).
    """
    text = row.text("default")
    if not text:
        return None
    if row.text("gdpr_category").lower() not in ("", GdprCategory.NONE.value):
        findings.warn(row.at("default"), "What is special is filled in for nobody; it is left out.")
        return None
    if "(" in text or "${" in text:
        findings.warn(
            row.at("default"), "A default that has to be worked out is left out.", "Write a value."
        )
        return None
    if fields["kind"] in _CHOSEN:
        codes = {option.code for option in fields.get("options", ())}
        said = text.split() if fields["kind"] is QuestionKind.MULTI else [text]
        unknown = [code for code in said if code not in codes]
        if codes and unknown:
            findings.refuse(
                row.at("default"),
                f"There is no choice '{unknown[0]}' to stand there.",
                f"There are: {', '.join(sorted(codes)[:12])}.",
            )
            return None
    return text
