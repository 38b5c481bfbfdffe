"""Publishing records in which nobody can be found: k-anonymity and what must come with it.

`anonymise` makes them, `check` says what a file keeps, `attack`, `risk` and `utility` measure
it, and `report` writes the page that a statistician signs.
"""

from __future__ import annotations

from anonymisation.records.attack import Attacks, attack
from anonymisation.records.check import Checks, check
from anonymisation.records.hierarchies import DateParts, Intervals, Listed, Prefixes
from anonymisation.records.marks import SUPPRESSED, OneOf, Range
from anonymisation.records.models import (
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    KMap,
    MaximumShare,
    RecursiveDiversity,
    TCloseness,
)
from anonymisation.records.release import Result, anonymise
from anonymisation.records.report import Report, report
from anonymisation.records.risk import Risk, risk
from anonymisation.records.roles import QuasiIdentifier, Role, Roles, Sensitive
from anonymisation.records.utility import Utility, utility

__all__ = [
    "SUPPRESSED",
    "Attacks",
    "Checks",
    "DateParts",
    "DistinctDiversity",
    "EntropyDiversity",
    "Intervals",
    "KAnonymity",
    "KMap",
    "Listed",
    "MaximumShare",
    "OneOf",
    "Prefixes",
    "QuasiIdentifier",
    "Range",
    "RecursiveDiversity",
    "Report",
    "Result",
    "Risk",
    "Role",
    "Roles",
    "Sensitive",
    "TCloseness",
    "Utility",
    "anonymise",
    "attack",
    "check",
    "report",
    "risk",
    "utility",
]
