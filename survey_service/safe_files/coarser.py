"""How released codes become coarser still: the questionnaire's hierarchies from there upwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from schemas.codelist import CodeHierarchy
from survey_service.releases.codebook import Codebook
from survey_service.surveys.form import CompiledForm

if TYPE_CHECKING:
    from anonymisation import Hierarchy

ALL = "*"


def hierarchies_of(
    names: Iterable[str], book: Codebook, form: CompiledForm, known: Mapping[str, CodeHierarchy]
) -> dict[str, Hierarchy]:
    """Return a hierarchy over the released codes of each variable.

    A way of having no answer stays what it is up to the last level: "refused" is never one of
    the values. A variable without a hierarchy has its codes and nothing above them but all.
    """
    from anonymisation import Hierarchy

    return {name: Hierarchy(name, _rows(name, book, form, known)) for name in names}


def _rows(
    name: str, book: Codebook, form: CompiledForm, known: Mapping[str, CodeHierarchy]
) -> list[tuple[str, ...]]:
    variable, released = form.variable[name], book.by_name[name]
    above: dict[str, tuple[str, ...]] = {}
    if variable.hierarchy is not None:
        for row in known[variable.hierarchy].rows:
            above.setdefault(row[variable.release_level], row[variable.release_level + 1 :])
    height = max((len(rest) for rest in above.values()), default=1)
    rows = [(code, *above.get(code, (ALL,) * height)) for code in released.value_codes]
    states = [state.code for state in released.states]
    return rows + [(code, *(code,) * (height - 1), ALL) for code in states]
