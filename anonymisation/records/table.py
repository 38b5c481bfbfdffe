"""A file ready to be searched: its quasi-identifiers coded, its records as unique rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from anonymisation.records.answers import answer, answer_codes
from anonymisation.records.classes import Answer, Classes
from anonymisation.records.coding import Coded, code
from anonymisation.records.errors import BadRecords
from anonymisation.records.models import KAnonymity, KMap, Model, TCloseness
from anonymisation.records.population import with_population
from anonymisation.records.roles import Roles, Sensitive
from anonymisation.records.rows import Ints, UniqueRows, unique_rows


@dataclass(frozen=True, eq=False)
class Table:
    """`columns`: quasi-identifiers; `rows`: unique rows over them and, where a model needs
    them, over sensitive columns and households; `people` (rows,): the population's."""

    columns: tuple[Coded, ...]
    rows: UniqueRows
    records: int
    models: tuple[Model, ...]
    answers: dict[str, Answer]
    households: Ints | None
    people: Ints | None

    @property
    def plain(self) -> bool:
        """Whether k-anonymity over all keys, per person, is all that is asked."""
        return self.households is None and all(
            isinstance(model, KAnonymity) and not model.keys for model in self.models
        )

    @property
    def k(self) -> int:
        """The smallest class that can be published at all, in records."""
        ks = [m.k for m in self.models if isinstance(m, KAnonymity) and not m.keys]
        return max(ks, default=1)

    @property
    def quasi(self) -> tuple[Ints, ...]:
        """Leaf codes of the quasi-identifiers over the unique rows."""
        return self.rows.codes[: len(self.columns)]

    def classes(self, of_rows: Ints, count: int, codes: Sequence[Ints]) -> Classes:
        """The unique rows put into classes, with everything the models look at."""
        names = [column.name for column in self.columns]
        return Classes(
            of_rows, count, self.rows.weight, dict(zip(names, codes, strict=True)),
            self.answers, self.households, self.people,
        )  # fmt: skip


def prepare(frame: pd.DataFrame, roles: Roles, models: Sequence[Model]) -> Table:
    """The table to search. Columns are read one by one; the frame is never changed.

    Raises:
        BadRecords: the frame and the roles or models do not fit each other, or k is larger
            than the file.
    """
    roles.check_fits(frame)
    check_models(frame, roles, models)
    columns = tuple(code(frame[name], role) for name, role in roles.quasi_identifiers.items())
    codes = [column.codes for column in columns]
    radices = [column.leaves for column in columns]
    asked = [name for name in roles.sensitive if any(_asks(model, name) for model in models)]
    for name in asked:
        found, size = answer_codes(frame[name])
        codes.append(found)
        radices.append(size)
    if roles.unit == "household" and roles.household is not None:
        found, size = answer_codes(frame[roles.household])
        codes.append(found)
        radices.append(size)
    rows = unique_rows(codes, radices)
    people = None
    for model in models:
        if isinstance(model, KMap):
            rows, people = with_population(rows, columns, model, len(codes))
    answers = {
        name: answer(frame[name], roles.sensitive[name], rows.codes[len(columns) + i], rows)
        for i, name in enumerate(asked)
    }
    households = rows.codes[-1] if roles.unit == "household" else None
    return Table(columns, rows, len(frame), tuple(models), answers, households, people)


def check_models(frame: pd.DataFrame, roles: Roles, models: Sequence[Model]) -> None:
    """Every model fits the roles and the number of records.

    Raises:
        BadRecords: one does not.
    """
    if not len(frame):
        raise BadRecords("There are no records.", remedy="Read a file that has some.")
    if sum(isinstance(model, KMap) for model in models) > 1:
        raise BadRecords("Two population tables.", remedy="Give the stricter one.")
    for model in models:
        if isinstance(model, KAnonymity) and model.k > len(frame):
            raise BadRecords(
                f"k is {model.k}, but there are {len(frame)} records.", remedy="Lower k."
            )
        keys = model.keys if isinstance(model, KAnonymity) else ()
        strangers = [name for name in keys if name not in roles.quasi_identifiers]
        if strangers:
            raise BadRecords(
                f"{', '.join(strangers)}: no quasi-identifier.", remedy="Name keys among them."
            )
        column = getattr(model, "column", None)
        if column is not None and column not in roles.sensitive:
            raise BadRecords(f"{column!r} is not sensitive.", remedy="Give it that role.")
        if isinstance(model, TCloseness):
            _check_distance(model, roles.sensitive[model.column])


def _check_distance(model: TCloseness, role: Sensitive) -> None:
    has = {"ordered": role.ordered or bool(role.order), "hierarchical": role.hierarchy is not None}
    if not has.get(model.distance, True):
        raise BadRecords(
            f"{model.column!r} has no {model.distance} distance.",
            remedy="Give its role `ordered=True`, an `order`, or a `hierarchy`.",
        )


def _asks(model: Model, name: str) -> bool:
    return getattr(model, "column", None) == name
