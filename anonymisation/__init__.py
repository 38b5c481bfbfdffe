"""Publishing tables nobody can be found in.

Pure functions on frames, arrays and sparse matrices; no web, no database, no clock but a limit.
"""

from __future__ import annotations

from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.attacker import attack
from anonymisation.tables.protection import audit, protect
from anonymisation.tables.redesign import redesign
from anonymisation.tables.system import CellSystem
from anonymisation.tables.tabulation import tabulate
from schemas.policy import Policy
from schemas.tables import Ledger, Merge, ReleasedTable, TableSpec

__all__ = [
    "CellSystem",
    "Hierarchy",
    "Ledger",
    "Merge",
    "Policy",
    "ReleasedTable",
    "TableSpec",
    "attack",
    "audit",
    "protect",
    "redesign",
    "tabulate",
]
