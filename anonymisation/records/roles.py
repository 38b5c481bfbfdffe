"""What each column of a file is to somebody who wants to find people in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, TypeVar

import pandas as pd

from anonymisation.hierarchy import Hierarchy
from anonymisation.records.errors import BadRecords
from anonymisation.records.hierarchies import Generaliser
from schemas.codelist import CodeHierarchy

AnyHierarchy = Hierarchy | CodeHierarchy | Generaliser | None
Found = TypeVar("Found")


@dataclass(frozen=True)
class QuasiIdentifier:
    """A column that others may know of a person.

    `weight`: how much its loss counts beside other columns. `missing`: values that mean
    "nobody knows"; pass `float("nan")` for empty cells, which otherwise are a value like others.
    """

    hierarchy: AnyHierarchy = None
    weight: float = 1.0
    missing: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Sensitive:
    """A column nobody may learn of a person.

    `ordered`: neighbouring values are close; their order is that of an ordered category, of
    numbers, or `order`. `hierarchy`: values under one code are close.
    """

    ordered: bool = False
    order: tuple[Any, ...] = ()
    hierarchy: AnyHierarchy = None


class Role(StrEnum):
    """What needs no more than its name."""

    IDENTIFIER = "identifier"
    PLAIN = "plain"
    HOUSEHOLD = "household"
    WEIGHT = "weight"


AnyRole = QuasiIdentifier | Sensitive | Role
Unit = Literal["person", "household"]


class Roles:
    """A role for every column, and what is protected: each person, or each household.

    `columns` maps names to QuasiIdentifier, Sensitive, or one of the words "identifier"
    (removed), "plain" (kept; neither known to others nor sensitive), "household" (who lives
    together; removed), "weight" (survey weight; kept).

    Raises:
        BadRecords: an unknown role, a weight of a quasi-identifier that is not positive, no
            quasi-identifier, two households or weights, or the unit "household" without one.
    """

    def __init__(self, columns: Mapping[str, AnyRole | str], *, unit: Unit = "person") -> None:
        self.columns: dict[str, AnyRole] = {n: _role(n, given) for n, given in columns.items()}
        self.unit: Unit = unit
        self.household = self._one(Role.HOUSEHOLD)
        self.weight = self._one(Role.WEIGHT)
        if not self.quasi_identifiers:
            raise BadRecords("No column is a quasi-identifier.", remedy="Declare what is known.")
        if unit not in ("person", "household"):
            raise BadRecords(f"{unit!r} is no unit.", remedy="Use 'person' or 'household'.")
        if unit == "household" and self.household is None:
            raise BadRecords(
                "Households are to be protected, but no column says who lives together.",
                remedy="Give one column the role 'household'.",
            )

    @property
    def quasi_identifiers(self) -> dict[str, QuasiIdentifier]:
        """The quasi-identifiers by name, in the order given."""
        return self._all(QuasiIdentifier)

    @property
    def sensitive(self) -> dict[str, Sensitive]:
        """The sensitive columns by name, in the order given."""
        return self._all(Sensitive)

    def named(self, role: Role) -> list[str]:
        """The columns of a role."""
        return [name for name, given in self.columns.items() if given == role]

    def check_fits(self, frame: pd.DataFrame, *, released: bool = False) -> None:
        """Every column has one role and every role its column.

        `released`: identifiers and households may be gone already.

        Raises:
            BadRecords: a column has no role or stands twice, or a role has no column.
        """
        twice = sorted({str(name) for name in frame.columns[frame.columns.duplicated()]})
        if twice:
            raise BadRecords(f"Columns stand twice: {', '.join(twice)}.", remedy="Rename them.")
        without = [str(name) for name in frame.columns if name not in self.columns]
        if without:
            raise BadRecords(
                f"Columns without a role: {', '.join(without)}.",
                remedy="Give each one; 'plain' keeps a column, 'identifier' removes it.",
            )
        gone = {*self.named(Role.IDENTIFIER)} if released else set()
        if released and self.unit == "person":
            gone |= {*self.named(Role.HOUSEHOLD)}
        lost = [name for name in self.columns if name not in frame.columns and name not in gone]
        if lost:
            raise BadRecords(
                f"Roles for columns that are not there: {', '.join(lost)}.",
                remedy="Remove them, or read the right file.",
            )

    def _one(self, role: Role) -> str | None:
        found = self.named(role)
        if len(found) > 1:
            raise BadRecords(f"Two columns are {role}: {', '.join(found)}.", remedy="Choose one.")
        return found[0] if found else None

    def _all(self, kind: type[Found]) -> dict[str, Found]:
        return {name: given for name, given in self.columns.items() if isinstance(given, kind)}


def _role(name: str, given: AnyRole | str) -> AnyRole:
    if isinstance(given, QuasiIdentifier) and not given.weight > 0:
        raise BadRecords(
            f"The weight of {name!r} is {given.weight}.", remedy="Give a weight above 0."
        )
    if isinstance(given, QuasiIdentifier | Sensitive):
        return given
    try:
        return Role(given)
    except ValueError as error:
        raise BadRecords(
            f"{given!r} is no role for {name!r}.",
            remedy="Use QuasiIdentifier, Sensitive, 'identifier', 'plain', 'household', 'weight'.",
        ) from error
