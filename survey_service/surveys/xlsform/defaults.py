"""What stands in a field before anybody has said anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from schemas.questionnaire import GdprCategory, QuestionKind
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings

_WHOLE = re.compile(r"-?[0-9]{1,9}")
_DECIMAL = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,6})?")
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
    if not _could_be_given(text, fields):
        findings.refuse(
            row.at("default"),
            f"'{text}' is no answer that could be given here.",
            "Write one within the limits, a day as 2026-01-31; or clear the cell.",
        )
        return None
    return text


def _could_be_given(text: str, fields: Mapping[str, Any]) -> bool:
    """Whether a number or day is one, and within its limits; the rest is looked at elsewhere."""
    kind = fields["kind"]
    if kind in (QuestionKind.INTEGER, QuestionKind.SCALE, QuestionKind.DECIMAL):
        shape = _DECIMAL if kind is QuestionKind.DECIMAL else _WHOLE
        return bool(shape.fullmatch(text)) and fields["minimum"] <= float(text) <= fields["maximum"]
    if kind is QuestionKind.DATE:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return False
        earliest, latest = fields.get("earliest"), fields.get("latest")
        return not (
            (earliest is not None and day < earliest) or (isinstance(latest, date) and day > latest)
        )
    return kind is not QuestionKind.TEXT or len(text) <= fields["max_length"]
