"""Which choices a question offers: its list, narrowed by choice_filter where that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from schemas.formula import Formula
from schemas.questionnaire import Option
from schemas.texts import Texts
from survey_service.surveys.formula_functions import as_truth
from survey_service.surveys.formulas import compile_formula
from survey_service.surveys.xlsform.choices import Choice, ChoiceList
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings
from survey_service.surveys.xlsform.meaning import check_formula
from survey_service.surveys.xlsform.scope import Scope
from survey_service.surveys.xlsform.syntax import ExpressionRefused, parse_formula

OTHER = "other"
_OTHER = {"lv": "Cits", "ru": "Другое", "en": "Other", "de": "Sonstiges", "fr": "Autre"}
OTHER_ASKED = {
    "lv": "Lūdzu, uzrakstiet saviem vārdiem",
    "ru": "Пожалуйста, напишите своими словами",
    "en": "Please write it in your own words",
    "de": "Bitte in eigenen Worten angeben",
    "fr": "Merci de préciser avec vos propres mots",
}
_CHOSEN_BEFORE = re.compile(
    r"selected\(\s*\$\{\s*([^${}\s]+)\s*\}\s*,\s*name\s*\)"
    r"(?:\s+or\s+exclusive\s*=\s*(?:'yes'|\"yes\"))?"
)
_NAME = re.compile(r"(?<![\w${'\"-])([A-Za-z_][\w.-]*)(?!\s*\(|[\w}'\"])")


def offered(
    row: Row, choices: str, lists: Mapping[str, ChoiceList], scope: Scope, findings: Findings
) -> tuple[tuple[Option, ...], str | None]:
    """The options, and the question whose choices they are narrowed to (`options_from`)."""
    found = lists.get(choices)
    if found is None:
        findings.refuse(
            row.at("type"),
            f"There is no list of choices named '{choices}'.",
            "Add it to the choices sheet, or look at its spelling.",
        )
        return (), None
    text = row.text("choice_filter")
    before = _CHOSEN_BEFORE.fullmatch(text)
    options = tuple(choice.option for choice in found.choices)
    try:
        if before:
            scope.resolve(before[1])
            return options, before[1]
        if text:
            options = _kept(row, text, found.choices, scope, findings)
    except ExpressionRefused as error:
        if not error.consequence:
            findings.refuse(row.at("choice_filter"), error.message, error.remedy)
    return options, None


def _kept(
    row: Row, text: str, choices: list[Choice], scope: Scope, findings: Findings
) -> tuple[Option, ...]:
    """The options whose own cells fulfil the filter: it may look at nothing else yet."""
    columns = {name for choice in choices for name in choice.cells}
    blank: dict[str, str] = dict.fromkeys(columns, "")
    first = parse_formula(text, scope.resolve, blank)
    check_formula(first)
    if _looks_at_answers(text):
        raise ExpressionRefused(
            "A list that depends on an earlier answer is not supported yet",
            "Ask one question per case with relevant, or use selected(${earlier}, name).",
        )
    bare = sorted(set(_NAME.findall(text)) - columns - {"and", "or", "div", "mod"})
    if bare:
        findings.warn(
            row.at("choice_filter"),
            f"{', '.join(bare)}: no column of the choices, taken as text.",
            "Put texts in quotes.",
        )
    kept = tuple(c.option for c in choices if _fulfils(text, blank | c.cells))
    if not kept:
        raise ExpressionRefused("No choice is left", "Look at the columns of the choices.")
    return kept


def _looks_at_answers(text: str) -> bool:
    return "${" in text or "../" in text


def _fulfils(text: str, cells: dict[str, str]) -> bool:
    nothing: dict[str, Any] = {}

    def none(name: str) -> Formula:
        raise ExpressionRefused(f"'{name}' is an answer", "Use columns of the choices only.")

    return as_truth(compile_formula(parse_formula(text, none, cells))(nothing, None)) is True


def with_other(
    options: tuple[Option, ...], row: Row, languages: tuple[str, ...], findings: Findings
) -> tuple[Option, ...]:
    """The options and one more for what the list does not have (`or_other`)."""
    if any(option.code == OTHER for option in options):
        return options
    findings.warn(
        row.at("type"),
        "or_other becomes a choice 'other' and a question in own words, which may name people.",
        "Better give the choices that matter, and no own words.",
    )
    return (*options, Option(code=OTHER, text=said_in(_OTHER, languages)))


def said_in(words: Mapping[str, str], languages: tuple[str, ...]) -> Texts:
    """Our own words in these languages; English where we have none."""
    return Texts({tag: words.get(tag, words["en"]) for tag in languages})
