"""SQLAlchemy Core statements compiled once per dialect and run on the bare driver.

An ORM session costs several times what the work itself does; a compiled text with its bound
names costs a dictionary look-up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import ClauseElement, Executable, Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect

DIALECTS: dict[str, Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.psycopg.dialect(),  # type: ignore[no-untyped-call]
}


class Compiled:
    """One statement as text for one driver, with the order of its parameters."""

    __slots__ = ("columns", "defaults", "order", "text")

    def __init__(self, statement: Executable, dialect: str) -> None:
        element: Any = statement
        columns = [c.name for c in element.table.columns] if _bare_insert(element) else None
        compiled = element.compile(
            dialect=DIALECTS[dialect],
            column_keys=columns,
            compile_kwargs={"render_postcompile": True},
        )
        self.text = str(compiled)
        self.order: tuple[str, ...] | None = None
        self.defaults: dict[str, Any] = {}
        if getattr(compiled, "params", None):
            self.defaults = dict(compiled.params)
        if dialect == "sqlite":
            self.order = tuple(getattr(compiled, "positiontup", None) or ())
        self.columns = tuple(
            getattr(column, "name", "") for column in getattr(element, "exported_columns", ())
        )

    def arguments(self, given: Mapping[str, Any]) -> Any:
        """Return what the driver's execute takes: a tuple for SQLite, a mapping for psycopg."""
        if self.order is None:
            return {**self.defaults, **given}
        defaults = self.defaults
        return tuple([given[n] if n in given else defaults[n] for n in self.order])

    def each(self, rows: Iterable[Mapping[str, Any]]) -> Iterable[Any]:
        """Return the same for many rows, which must name every parameter."""
        if self.order is None:
            return rows
        if len(self.order) < 2:
            return map(self.arguments, rows)
        return map(itemgetter(*self.order), rows)


def _bare_insert(element: Any) -> bool:
    return (
        isinstance(element, Insert)
        and not element._values
        and not element._multi_values
        and element.select is None
    )


_CACHE: dict[str, WeakKeyDictionary[ClauseElement, Compiled]] = {
    name: WeakKeyDictionary() for name in DIALECTS
}


def compiled(statement: Executable, dialect: str) -> Compiled:
    """Return the statement's text for a dialect, compiled at its first use."""
    cache = _CACHE[dialect]
    key: Any = statement
    found = cache.get(key)
    if found is None:
        found = cache[key] = Compiled(statement, dialect)
    return found
