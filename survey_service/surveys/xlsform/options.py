"""Which choices a question offers: its list, narrowed by choice_filter where that says so."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from schemas.expression import Holds
from schemas.formula import Column, Each, Earlier, Itself, nodes
from schemas.questionnaire import Option
from schemas.texts import Texts
from survey_service.surveys.formula_functions import as_truth
from survey_service.surveys.formulas import compile_formula
from survey_service.surveys.xlsform.choices import Choice, ChoiceList
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings
from survey_service.surveys.xlsform.meaning import check_formula, refuse_today
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


class Offer(NamedTuple):
    """What a question offers, and what narrows it down while people answer."""

    options: tuple[Option, ...]
    source: str | None = None
    """The question whose choices alone are offered (`options_from`)."""
    test: Holds | None = None
    """The filter, where it looks at earlier answers (`choice_filter`)."""


def offered(
    row: Row, choices: str, lists: Mapping[str, ChoiceList], scope: Scope, findings: Findings
) -> Offer:
    """The choices of a list, with the row's choice_filter applied or kept for later."""
    found = lists.get(choices)
    if found is None:
        findings.refuse(
            row.at("type"),
            f"There is no list of choices named '{choices}'.",
            "Add it to the choices sheet, or look at its spelling.",
        )
        return Offer(())
    text = row.text("choice_filter")
    before = _CHOSEN_BEFORE.fullmatch(text)
    options = tuple(choice.option for choice in found.choices)
    try:
        if before and isinstance(scope.resolve(before[1]), Earlier):
            return Offer(options, before[1])
        if text:
            return _filtered(row, text, found.choices, scope, findings)
    except ExpressionRefused as error:
        if not error.consequence:
            findings.refuse(row.at("choice_filter"), error.message, error.remedy)
    return Offer(options)


def _filtered(
    row: Row, text: str, choices: list[Choice], scope: Scope, findings: Findings
) -> Offer:
    """Choices whose cells fulfil the filter, or all of them where it looks at answers."""
    columns = {name for choice in choices for name in choice.cells}
    formula = parse_formula(text, scope.resolve, columns)
    check_formula(formula)
    refuse_today(formula)
    bare = sorted(set(_NAME.findall(text)) - columns - {"and", "or", "div", "mod"})
    if bare:
        findings.warn(
            row.at("choice_filter"),
            f"{', '.join(bare)}: no column of the choices, taken as text.",
            "Put texts in quotes.",
        )
    found = nodes(formula)
    if any(isinstance(node, (Each, Itself)) for node, _ in found):
        raise ExpressionRefused(
            "The filter looks at what a choice does not have",
            "Use columns of the choices and earlier answers.",
        )
    if not any(isinstance(node, Earlier) for node, _ in found):
        work = compile_formula(formula)
        kept = tuple(c.option for c in choices if as_truth(work({}, _cells(c))) is True)
        if not kept:
            raise ExpressionRefused("No choice is left", "Look at the columns of the choices.")
        return Offer(kept)
    used = sorted({node.name for node, _ in found if isinstance(node, Column)} - {"name"})
    options = tuple(
        c.option.model_copy(update={"cells": {name: c.cells.get(name, "") for name in used}})
        for c in choices
    )
    return Offer(options, test=Holds(formula=formula))


def _cells(choice: Choice) -> dict[str, str]:
    return {**choice.cells, "name": choice.option.code}


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
