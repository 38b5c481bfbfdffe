"""Items with several answers, as one yes/no variable per option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from anonymisation.errors import BadTable
from anonymisation.tables.counting import column_of
from schemas.tables import STATES, TableSpec

YES, NO = "yes", "no"
WORDS = {"1": YES, "yes": YES, "true": YES, "0": NO, "no": NO, "false": NO, "1.0": YES, "0.0": NO}
DOMAIN = (YES, NO, *STATES)


def yes_no(
    frame: pd.DataFrame,
    item: str,
    options: Sequence[str] | None = None,
    *,
    separator: str = " ",
    missing: str | None = None,
) -> pd.DataFrame:
    """The frame with a variable `item/option` of yes, no and states for each option.

    The item stands in the frame as columns `item/option` of 1 and 0 (or yes and no), or as one
    column of options with `separator` between them. Who refused, does not know, did not answer
    or was not asked is so for every option. `options` None: those that occur. Empty values
    become `missing`.

    Raises:
        BadTable: there is no such item, an answer is none of the options, or empty without a
            code; a state stands beside options.
    """
    if missing is not None and missing not in STATES:
        raise BadTable(
            f"{missing!r} is no way of having no answer to {item!r}.",
            remedy=f"Choose one of {', '.join(STATES)}.",
        )
    split = [str(c) for c in frame.columns if str(c).startswith(f"{item}/")]
    if split:
        found = {name: _answers(column_of(frame, name), name, missing) for name in split}
        wanted = split if options is None else [f"{item}/{option}" for option in options]
        lacking = [name for name in wanted if name not in found]
        if lacking:
            raise BadTable(f"The records have no column {lacking[0]!r}.", remedy="See its header.")
        new = {name: found[name] for name in wanted}
    else:
        new = _chosen(column_of(frame, item), item, options, separator, missing)
    kept = frame.drop(columns=[c for c in (item, *split) if c in frame.columns])
    columns = {n: pd.Categorical(v, categories=_listed(v)) for n, v in new.items()}
    return kept.assign(**columns)


def each_option(spec: TableSpec, items: Iterable[str], columns: Iterable[str]) -> list[TableSpec]:
    """The table once per option of the item it names; itself where it names none.

    Raises:
        BadTable: it names two such items.
    """
    named = [item for item in items if item in spec.variables]
    if not named:
        return [spec]
    if len(named) > 1:
        raise BadTable(
            f"A table takes one item of several answers, not {' and '.join(named)}.",
            remedy="Name single options, such as item/option.",
        )
    options = [c for c in columns if c.startswith(f"{named[0]}/")]
    tables = []
    for option in options:
        variables = tuple(option if v == named[0] else v for v in spec.variables)
        tables.append(spec.model_copy(update={"variables": variables}))
    return tables


def _listed(values: list[str]) -> list[str]:
    """Yes and no, and of the states those that occur."""
    seen = set(values)
    return [code for code in DOMAIN if code in (YES, NO) or code in seen]


def _answers(column: pd.Series, name: str, missing: str | None) -> list[str]:
    found = []
    for row, value in enumerate(column, start=1):
        text = _text(value, name, row, missing)
        answer = text if text in STATES else WORDS.get(text.lower())
        if answer is None:
            raise BadTable(
                f"Column {name!r} has the code {text!r} in row {row}, neither yes nor no.",
                remedy="Use 1 and 0, yes and no, or a state such as refused.",
            )
        found.append(answer)
    return found


def _chosen(
    column: pd.Series, item: str, options: Sequence[str] | None, separator: str,
    missing: str | None,
) -> dict[str, list[str]]:  # fmt: skip
    answers = []
    for row, value in enumerate(column, start=1):
        text = _text(value, item, row, missing)
        chosen = [part for part in (p.strip() for p in text.split(separator)) if part]
        if len(chosen) > 1 and set(chosen) & set(STATES):
            raise BadTable(
                f"Column {item!r} has a state beside options in row {row}.", remedy="Keep one."
            )
        answers.append(chosen)
    seen = {part for chosen in answers for part in chosen if part not in STATES}
    listed = sorted(seen) if options is None else list(options)
    if seen - set(listed):
        raise BadTable(
            f"Column {item!r} has the option {min(seen - set(listed))!r}, which its list lacks.",
            remedy="Add it to the code list, or recode it.",
        )
    return {f"{item}/{option}": [_of(chosen, option) for chosen in answers] for option in listed}


def _of(chosen: list[str], option: str) -> str:
    if chosen and chosen[0] in STATES:
        return chosen[0]
    return YES if option in chosen else NO


def _text(value: object, name: str, row: int, missing: str | None) -> str:
    if value is None or value != value or value == "":
        if missing is None:
            raise BadTable(
                f"Column {name!r} is empty in row {row}.",
                remedy="Declare a code for empty values, such as missing.",
            )
        return missing
    return str(value)
