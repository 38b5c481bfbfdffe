"""A table being composed: between the fields of the page, the address, and the request."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from pydantic import ValidationError

from schemas.requests import (
    SHORTEST_PURPOSE,
    Filter,
    Layout,
    RequestPurpose,
    TableQuestion,
    TableRequest,
)
from schemas.tables import Merge
from survey_service.problems import N_, FieldError, InvalidInput

_PREVIEW_PURPOSE = "-" * SHORTEST_PURPOSE


@dataclass(frozen=True)
class Composition:
    """The fields as posted or as they stand in the address; nothing is checked here."""

    wave: str = ""
    rows: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    states: str = "apart"
    merge: tuple[str, ...] = ()

    @property
    def lacks_codes(self) -> tuple[str, ...]:
        """The filter variables for which no answer is chosen yet."""
        chosen = {code.partition(":")[0] for code in self.codes}
        return tuple(name for name in self.filters if name not in chosen)

    @property
    def ready(self) -> bool:
        """Whether there is a table to look ahead to."""
        return bool(self.wave and self.rows and not self.lacks_codes)

    def address(self) -> str:
        """Return the address at which this table is composed."""
        fields: list[tuple[str, str]] = [("wave", self.wave)]
        for name in ("rows", "columns", "filters", "codes", "merge"):
            fields += [(name, value) for value in getattr(self, name)]
        if self.states != "apart":
            fields.append(("states", self.states))
        return f"/office/requests/new?{urlencode(fields)}"


def composition(all_of: Callable[[str], Sequence[str]]) -> Composition:
    """Return what the fields say; empty ones and codes of no chosen filter are left out."""
    filters = _distinct(all_of("filters"))
    codes = [c for c in _distinct(all_of("codes")) if c.partition(":")[0] in filters]
    return Composition(
        wave=next(iter(all_of("wave")), ""),
        rows=_distinct(all_of("rows")),
        columns=_distinct(all_of("columns")),
        filters=filters,
        codes=tuple(codes),
        states=next(iter(all_of("states")), "apart") or "apart",
        merge=_distinct(all_of("merge")),
    )


def _distinct(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if value))


def composition_of(question: TableQuestion, layout: Layout) -> Composition:
    """Return the composition that asks a question, in a layout where it still fits."""
    rows = tuple(v for v in layout.rows if v in question.variables)
    columns = tuple(v for v in layout.columns if v in question.variables)
    return Composition(
        wave=question.wave,
        rows=rows or columns[:1],
        columns=columns if rows else columns[1:],
        filters=tuple(f.variable for f in question.filters),
        codes=tuple(f"{f.variable}:{code}" for f in question.filters for code in f.codes),
        states=question.states,
        merge=tuple(f"{m.variable}:{m.name}:{'+'.join(m.codes)}" for m in question.merge),
    )


def asked(
    composed: Composition, survey: str, purpose: Mapping[str, str] | None = None
) -> TableRequest:
    """Return the request; without a purpose, one that is good for a preview only.

    Raises:
        InvalidInput: a field is empty or does not hold what it must.
    """
    given = purpose or {"code": RequestPurpose.RESEARCH.value, "text": _PREVIEW_PURPOSE}
    errors = [*_missing(composed), *_bad_purpose(given)]
    if errors:
        raise InvalidInput(errors)
    try:
        return TableRequest.model_validate(
            {
                "survey": survey,
                "wave": composed.wave,
                "rows": composed.rows,
                "columns": composed.columns,
                "filters": _filters(composed),
                "states": composed.states,
                "merge": [_merge(text) for text in composed.merge],
                "purpose_code": given["code"],
                "purpose_text": given["text"],
            }
        )
    except ValidationError as error:
        fields = dict.fromkeys(str(part["loc"][0]) for part in error.errors())
        message = N_("This is not something that can be asked for.")
        remedy = N_("Please choose from the lists.")
        raise InvalidInput([FieldError(field, message, remedy) for field in fields]) from error


def _missing(composed: Composition) -> list[FieldError]:
    errors = []
    if not composed.rows:
        remedy = N_("Please choose a variable for the rows.")
        errors.append(FieldError("rows", N_("The table has no rows yet."), remedy))
    if composed.lacks_codes:
        remedy = N_("Please choose at least one answer for each filter.")
        errors.append(FieldError("filters", N_("A filter has no answers yet."), remedy))
    return errors


def _bad_purpose(given: Mapping[str, str]) -> list[FieldError]:
    errors = []
    if given["code"] not in list(RequestPurpose):
        message = N_("Please say what the table is for.")
        errors.append(FieldError("purpose_code", message))
    if len(given["text"].strip()) < SHORTEST_PURPOSE:
        message = N_("Please describe the purpose in at least %(least)s characters.")
        errors.append(FieldError("purpose_text", message, "", {"least": SHORTEST_PURPOSE}))
    return errors


def _filters(composed: Composition) -> list[Any]:
    pairs = [code.partition(":") for code in composed.codes]
    return [
        Filter(variable=name, codes=tuple(code for of, _, code in pairs if of == name))
        for name in composed.filters
    ]


def _merge(text: str) -> Merge:
    variable, _, rest = text.partition(":")
    name, _, codes = rest.partition(":")
    return Merge(variable=variable, name=name, codes=tuple(codes.split("+")))
