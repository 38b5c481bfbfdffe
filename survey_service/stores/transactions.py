"""What a use case sees of a store: a transaction that runs Core statements and adds rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Executable, Insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import SQLModel

from survey_service.stores.statements import compiled


class Tx:
    """A running transaction on one connection; the store commits or rolls back around it."""

    __slots__ = ("_connection", "_execute", "dialect")

    def __init__(self, connection: Any, dialect: str) -> None:
        self._connection = connection
        self._execute = connection.execute
        self.dialect = dialect

    def all(self, statement: Executable, **params: Any) -> list[tuple[Any, ...]]:
        """Return every row as a tuple."""
        text = compiled(statement, self.dialect)
        rows: list[tuple[Any, ...]] = self._execute(text.text, text.arguments(params)).fetchall()
        return rows

    def one(self, statement: Executable, **params: Any) -> tuple[Any, ...] | None:
        """Return the first row, or None."""
        text = compiled(statement, self.dialect)
        row: tuple[Any, ...] | None = self._execute(text.text, text.arguments(params)).fetchone()
        return row

    def dicts(self, statement: Executable, **params: Any) -> list[dict[str, Any]]:
        """Return every row as a dictionary by column name."""
        text = compiled(statement, self.dialect)
        rows = self._execute(text.text, text.arguments(params)).fetchall()
        return [dict(zip(text.columns, row, strict=True)) for row in rows]

    def run(self, statement: Executable, **params: Any) -> int:
        """Run a statement and return how many rows it touched."""
        text = compiled(statement, self.dialect)
        count: int = self._execute(text.text, text.arguments(params)).rowcount
        return count

    def run_all(self, statement: Executable, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run a statement once for each row, in the order given; each names every parameter."""
        text = compiled(statement, self.dialect)
        self._connection.cursor().executemany(text.text, text.each(rows))

    def add(self, row: SQLModel, *, ignore: bool = False) -> bool:
        """Insert a validated row; with `ignore`, leave one that is there and return False."""
        return self.run(_insertion(type(row), self.dialect, ignore), **row.model_dump()) > 0

    def script(self, text: str) -> None:
        """Run one statement of plain SQL that holds no value (maintenance only)."""
        self._execute(text)


@cache
def _insertion(model: type[SQLModel], dialect: str, ignore: bool) -> Insert:
    table = model.__table__  # type: ignore[attr-defined]
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement: Any = make(table)
    result: Insert = statement.on_conflict_do_nothing() if ignore else statement
    return result


@cache
def replacement(model: type[SQLModel], dialect: str) -> Insert:
    """Return the statement that inserts a row or replaces all of it but its key."""
    table = model.__table__  # type: ignore[attr-defined]
    make: Any = sqlite.insert if dialect == "sqlite" else postgresql.insert
    statement: Any = make(table)
    keys = [column.name for column in table.primary_key.columns]
    rest = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    result: Insert = statement.on_conflict_do_update(index_elements=keys, set_=rest)
    return result
