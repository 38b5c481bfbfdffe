"""Reads the core questionnaire and what belongs to it from the files beside this module."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from schemas.codelist import CodeHierarchy, CodeList
from schemas.notice import Notice
from schemas.questionnaire import Questionnaire
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.parameters import Parameters

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """How many Roma, and how many people at all, a municipality has by the public register."""

    code: str
    region: str
    roma: int
    population: int


@dataclass(frozen=True, slots=True)
class Core:
    """Everything of the core questionnaire, checked and compiled."""

    questionnaire: Questionnaire
    notice: Notice
    code_lists: dict[str, CodeList]
    hierarchies: dict[str, CodeHierarchy]
    register: tuple[RegisterRow, ...]
    parameters: Parameters
    form: CompiledForm


def hierarchy_path(hierarchy: str) -> Path:
    """Where the hierarchy's file in ARX form lies (semicolons, no header, leaf first)."""
    return _FOLDER / "hierarchies" / f"{hierarchy}.csv"


@cache
def load() -> Core:
    """The core questionnaire with all that belongs to it; read once.

    Raises:
        pydantic.ValidationError: a file does not hold what it must.
    """
    questionnaire = Questionnaire.model_validate_json(_text("questionnaire.json"))
    parameters = Parameters.model_validate_json(_text("parameters.json"))
    lists = (
        CodeList.model_validate_json(path.read_bytes())
        for path in sorted((_FOLDER / "codelists").glob("*.json"))
    )
    code_lists = {found.id: found for found in lists}
    return Core(
        questionnaire=questionnaire,
        notice=read_notice(_FOLDER),
        code_lists=code_lists,
        hierarchies=_hierarchies(),
        register=_register(),
        parameters=parameters,
        form=CompiledForm.compile(questionnaire, code_lists, parameters),
    )


def _text(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def read_notice(folder: Path) -> Notice:
    """Return a notice with its full texts, which are Markdown for those who edit them.

    Raises:
        OSError: `notice.json`, or `notice.TAG.md` of one of its languages, is missing.
        pydantic.ValidationError: the notice does not hold what it must.
    """
    data = json.loads((folder / "notice.json").read_text(encoding="utf-8"))
    data["full"] = {
        tag: (folder / f"notice.{tag}.md").read_text(encoding="utf-8") for tag in data["languages"]
    }
    return Notice.model_validate_json(json.dumps(data))


def _hierarchies() -> dict[str, CodeHierarchy]:
    found: dict[str, CodeHierarchy] = {}
    for name, words in json.loads(_text("hierarchies/labels.json")).items():
        with hierarchy_path(name).open(encoding="utf-8", newline="") as file:
            rows = [tuple(row) for row in csv.reader(file, delimiter=";")]
        found[name] = CodeHierarchy.model_validate({"id": name, "rows": rows, **words})
    return found


def _register() -> tuple[RegisterRow, ...]:
    """Source: Central Statistical Bureau of Latvia, table IRE031, start of 2026, CC BY 4.0."""
    with (_FOLDER / "register.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            RegisterRow(
                row["atvk_code"], row["planning_region"], int(row["roma"]), int(row["population"])
            )
            for row in csv.DictReader(file)
        )
