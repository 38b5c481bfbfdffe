"""Triggers that keep this very application from changing the log by mistake.

They are a seat belt, not the control: whoever owns the file can drop them. The control is a
checkpoint that was saved elsewhere.
"""

from __future__ import annotations

from survey_service.audit_log.models import CheckpointRow, Leaf, Node
from survey_service.stores.append_only import append_only

_KEPT = (Leaf, Node, CheckpointRow)
_WORDS = "the audit log is only ever added to"


def seat_belts(dialect: str) -> list[str]:
    """Return the statements that refuse UPDATE and DELETE on everything but details.

    The search table may be rebuilt and a detail erased; leaves, subtrees and checkpoints stay.
    """
    return append_only(dialect, [str(model.__tablename__) for model in _KEPT], _WORDS)
