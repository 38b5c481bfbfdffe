"""The columns of our own: what an answer means for its person, and what is kept of it."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from schemas.derivation import Derive
from schemas.notice import PurposeId
from schemas.questionnaire import GdprCategory, PrivacyRole, QuestionKind
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings

_DERIVE: TypeAdapter[Any] = TypeAdapter(Derive)
_SHORT = re.compile(r"(banded|top_coded|dropped|truncated)\s*\(?([0-9,\s-]*|year|month)\)?")
_AS_IT_IS = frozenset({QuestionKind.DECIMAL, QuestionKind.DATE})
"""Kinds that no table can show unless something coarser is stored instead."""
_YES = frozenset({"yes", "true", "1", "true()"})
_NO = frozenset({"no", "false", "0", "false()"})
Word = TypeVar("Word", bound=StrEnum)


def privacy_of(row: Row, kind: QuestionKind, findings: Findings) -> dict[str, Any]:
    """The question's fields from these columns; where nothing is said, the careful choice.

    Without a privacy_role the answer counts as sensitive (a text as an identifier), no helper sees
    it and no table ever shows it.
    """
    role = _word(row, "privacy_role", PrivacyRole, findings)
    if role is None:
        role = PrivacyRole.IDENTIFIER if kind is QuestionKind.TEXT else PrivacyRole.SENSITIVE
        releasable = False
        if not row.text("privacy_role"):
            findings.warn(
                row.at("privacy_role"),
                f"No privacy_role: taken as {role.value}, and no table will show it.",
                "Write quasi_identifier, sensitive, plain or identifier.",
            )
    else:
        coarse = kind not in _AS_IT_IS or bool(row.text("derive"))
        releasable = kind is not QuestionKind.TEXT and role is not PrivacyRole.IDENTIFIER and coarse
    return {
        "privacy_role": role,
        **_basis(row, findings),
        "helper": yes_or_no(row, "helper", False, findings),
        "derive": _derive(row, findings),
        "generalise": row.text("generalise") or None,
        "release_level": whole(row, "release_level", findings) or 0,
        "releasable": yes_or_no(row, "releasable", releasable, findings),
        "indicators": tuple(re.findall(r"[^,\s]+", row.text("indicators"))),
        "ends_below": whole(row, "ends_below", findings),
        "asked": yes_or_no(row, "asked", True, findings),
        "filled_by": row.text("filled_by") or None,
    }  # fmt: skip


def _basis(row: Row, findings: Findings) -> dict[str, Any]:
    category = _word(row, "gdpr_category", GdprCategory, findings)
    purpose = _word(row, "purpose", PurposeId, findings)
    special = category not in (None, GdprCategory.NONE)
    if special and purpose is not PurposeId.ETHNIC_HEALTH:
        findings.refuse(
            row.at("purpose"),
            "Special-category data (Art. 9) has no purpose of its own.",
            "Write ethnic_health: it is asked only of those who say yes to that.",
        )
    elif not special and purpose not in (None, PurposeId.PARTICIPATION):
        findings.refuse(
            row.at("gdpr_category"),
            f"The purpose {purpose} does not go with data of no special category.",
            "Write article_9 or inferred here, or the purpose participation.",
        )
    return {
        "gdpr_category": category or GdprCategory.NONE,
        "purpose": PurposeId.ETHNIC_HEALTH if special else PurposeId.PARTICIPATION,
    }


def _word(row: Row, column: str, words: type[Word], findings: Findings) -> Word | None:
    text = row.text(column)
    if not text:
        return None
    try:
        return words(text.strip().lower().replace(" ", "_"))
    except ValueError:
        findings.refuse(
            row.at(column), f"'{text}' is not known here.", f"Write one of: {', '.join(words)}."
        )
        return None


def yes_or_no(row: Row, column: str, otherwise: bool, findings: Findings) -> bool:
    """What the cell says; the other value where it is empty or says neither."""
    text = row.text(column).lower()
    if text in _YES or text in _NO:
        return text in _YES
    if text:
        findings.refuse(row.at(column), f"'{text}' is neither yes nor no.", "Write yes or no.")
    return otherwise


def whole(row: Row, column: str, findings: Findings) -> int | None:
    """The whole number in the cell, if there is one."""
    text = row.text(column)
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return int(text)
    if text:
        findings.refuse(row.at(column), f"'{text}' is no whole number.", "Write digits only.")
    return None


def _derive(row: Row, findings: Findings) -> Any:
    text = row.text("derive")
    if not text:
        return None
    short = _SHORT.fullmatch(text)
    try:
        if short is None:
            return _DERIVE.validate_python(json.loads(text))
        numbers = [int(number) for number in re.findall(r"-?[0-9]{1,9}", short[2])]
        value: dict[str, Any] = {"how": short[1]}
        if short[1] == "banded":
            value["cuts"] = numbers
        elif short[1] == "truncated":
            value["to"] = short[2].strip()
        elif short[1] == "top_coded":
            value["at"] = numbers[0] if numbers else None
        return _DERIVE.validate_python(value)
    except (ValueError, ValidationError, RecursionError):
        findings.refuse(
            row.at("derive"),
            "This is no derivation.",
            "Write banded(16, 25, 65), top_coded(8), truncated(year) or dropped.",
        )
        return None
