"""Publishing tables nobody can be found in.

Pure functions on frames, arrays and sparse matrices; no web, no database, no clock but a limit.
"""

from __future__ import annotations

from anonymisation.hierarchy import Hierarchy
from anonymisation.records import QuasiIdentifier, Roles, Sensitive, anonymise, check
from anonymisation.tables.attacker import attack
from anonymisation.tables.multi_answer import yes_no
from anonymisation.tables.next_publication import publish_next
from anonymisation.tables.next_release import protect_next
from anonymisation.tables.plan import plan
from anonymisation.tables.population import Population
from anonymisation.tables.protection import audit, protect
from anonymisation.tables.redesign import nearest, redesign
from anonymisation.tables.snapshots import compare_freezes
from anonymisation.tables.sums import protect_sums
from anonymisation.tables.system import CellSystem
from anonymisation.tables.tabulation import tabulate
from anonymisation.tables.weighted import with_estimates
from schemas.policy import Policy
from schemas.tables import Ledger, Merge, ReleasedTable, TableSpec

__all__ = [
    "CellSystem",
    "Hierarchy",
    "Ledger",
    "Merge",
    "Policy",
    "Population",
    "QuasiIdentifier",
    "ReleasedTable",
    "Roles",
    "Sensitive",
    "TableSpec",
    "anonymise",
    "attack",
    "audit",
    "check",
    "compare_freezes",
    "nearest",
    "plan",
    "protect",
    "protect_next",
    "protect_sums",
    "publish_next",
    "redesign",
    "tabulate",
    "with_estimates",
    "yes_no",
]
