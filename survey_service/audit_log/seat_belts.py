"""Triggers that keep this very application from changing the log by mistake.

They are a seat belt, not the control: whoever owns the file can drop them. The control is a
checkpoint that was saved elsewhere.
"""

from __future__ import annotations

from survey_service.audit_log.models import CheckpointRow, Leaf, Node

_KEPT = (Leaf, Node, CheckpointRow)
_WORDS = "the audit log is only ever added to"


def seat_belts(dialect: str) -> list[str]:
    """Return the statements that refuse UPDATE and DELETE on everything but details.

    The search table may be rebuilt and a detail erased; leaves, subtrees and checkpoints stay.
    """
    names = [str(model.__tablename__) for model in _KEPT]
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
            for name in names
            for verb in ("UPDATE", "DELETE")
        ]
    function = (
        "CREATE FUNCTION audit_only_added_to() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_WORDS}'; END $$"
    )
    return [function] + [
        f"CREATE TRIGGER {name}_only_added_to BEFORE UPDATE OR DELETE ON {name} "
        "FOR EACH ROW EXECUTE FUNCTION audit_only_added_to()"
        for name in names
    ]


def without_seat_belts(dialect: str) -> list[str]:
    """Return the statements that undo `seat_belts`, for a migration's way down."""
    names = [str(model.__tablename__) for model in _KEPT]
    if dialect == "sqlite":
        return [f"DROP TRIGGER {name}_no_{verb}" for name in names for verb in ("update", "delete")]
    drops = [f"DROP TRIGGER {name}_only_added_to ON {name}" for name in names]
    return [*drops, "DROP FUNCTION audit_only_added_to()"]
