"""Triggers that keep this very application from changing what is only ever added to.

They are a seat belt, not the control: whoever owns the database can drop them.
"""

from __future__ import annotations

from collections.abc import Sequence


def append_only(dialect: str, tables: Sequence[str], words: str) -> list[str]:
    """Return the statements after which UPDATE and DELETE on these tables are refused.

    `words` is what the refusal says; the first table's name tells the triggers' functions apart
    on PostgreSQL.
    """
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{words}'); END"
            for name in tables
            for verb in ("UPDATE", "DELETE")
        ]
    guard = f"{tables[0]}_only_added_to"
    function = (
        f"CREATE FUNCTION {guard}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{words}'; END $$"
    )
    return [function] + [
        f"CREATE TRIGGER {name}_only_added_to BEFORE UPDATE OR DELETE ON {name} "
        f"FOR EACH ROW EXECUTE FUNCTION {guard}()"
        for name in tables
    ]
