"""The sheet of choices: lists by name, each with its options in order."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from schemas.questionnaire import Option
from schemas.texts import Texts
from survey_service.surveys.xlsform.columns import Columns, Row
from survey_service.surveys.xlsform.findings import Findings
from survey_service.surveys.xlsform.media import media_of
from survey_service.surveys.xlsform.wording import Wording
from survey_service.web.icons import FOR_OPTIONS

RESERVED = frozenset({"answered", "refused", "dont_know", "missing", "not_asked"})
"""States of answers; no choice may look like one."""
_CODE = re.compile(r"-?\w[\w-]{0,63}")


@dataclass(slots=True)
class Choice:
    """An option and the row it came from, whose other cells a choice_filter looks at."""

    option: Option
    cells: dict[str, str]


@dataclass(slots=True)
class ChoiceList:
    """A list's choices, and where it begins."""

    choices: list[Choice] = field(default_factory=list)


def read_choices(columns: Columns, words: Wording, findings: Findings) -> dict[str, ChoiceList]:
    """Every list of the sheet; duplicate, reserved and ill-formed names are found."""
    lists: dict[str, ChoiceList] = {}
    for row in columns.rows(findings):
        name, code = row.text("list_name"), row.text("name")
        if not name and not code:
            continue
        if not name or not code:
            findings.refuse(row.place, "A choice needs a list_name and a name.", "Fill in both.")
            continue
        found = lists.setdefault(name, ChoiceList())
        if any(choice.option.code == code for choice in found.choices):
            findings.refuse(
                row.at("name"),
                f"The list '{name}' already has a choice named '{code}'.",
                "Rename or remove one of them.",
            )
            continue
        option = _option(row, code, words, findings)
        if option is not None:
            found.choices.append(Choice(option, row.others()))
    return lists


def _option(row: Row, code: str, words: Wording, findings: Findings) -> Option | None:
    if re.fullmatch(r"-[0-9]+", code):
        findings.warn(
            row.at("name"),
            f"The choice '{code}' has a negative number, as for 'do not know' or 'no answer'.",
            "If it is one of these, remove it: every question offers both already.",
        )
    if not _CODE.fullmatch(code) or code in RESERVED:
        findings.refuse(
            row.at("name"),
            f"'{code}' cannot be the name of a choice.",
            "Use up to 64 letters, digits, - and _; not the name of an answer's state.",
        )
        return None
    label = words.needed(row, "label", f"The choice '{code}'")
    exclusive = row.text("exclusive").lower() in ("yes", "true", "1")
    return Option(
        code=code,
        text=label or Texts({words.languages[0]: code}),
        exclusive=exclusive,
        icon=_icon(row, findings),
        media=media_of(row, words),
    )


def _icon(row: Row, findings: Findings) -> str | None:
    """The icon of our own that the row names."""
    name = row.text("icon").lower()
    if name and name not in FOR_OPTIONS:
        findings.refuse(
            row.at("icon"), f"There is no icon '{name}'.", f"There are: {', '.join(FOR_OPTIONS)}."
        )
        return None
    return name or None
