"""What proves a protection: a part that may be published and one that stays inside."""

from __future__ import annotations

from schemas.canonical import canonical_json
from schemas.policy import Policy
from schemas.tables import TableSpec
from schemas.vocabulary import Frozen


class CellBounds(Frozen):
    """What an attacker with every printed fact can prove of one withheld cell, at most.

    `high` None: no upper bound follows. Computed from the printed facts alone.
    """

    table: int
    codes: tuple[str, ...]
    levels: tuple[int, ...]
    low: int | None
    high: int | None


class DomainAxis(Frozen):
    """The declared codes of one variable, whether or not anybody has them."""

    variable: str
    codes: tuple[str, ...]


class PublicCertificate(Frozen):
    """Rules, promise and domain. It holds no equation over withheld cells.

    `notes`: what must be known of the method to read its numbers, in English.
    """

    policy: Policy
    promises: tuple[str, ...]
    specs: tuple[TableSpec, ...]
    domain: tuple[DomainAxis, ...]
    bounds: tuple[CellBounds, ...] | None = None
    notes: tuple[str, ...] = ()


class Change(Frozen):
    """Where a table of whole numbers differs from the true one."""

    places: tuple[int, ...]
    by: tuple[int, ...]


class Proof(Frozen):
    """One conclusion nobody can draw: tables `first` and `second` of the pool disagree on it."""

    requirement: int
    first: int
    second: int


class InsideCertificate(Frozen):
    """A pool of whole-number tables and two of them per requirement. Never leaves the office.

    `requirement` counts the requirements in the order the rules give them; those against
    insiders are proved by the pool as a whole.

    Inner cells that no row tells apart are one class; `class_of[i]` is the class of inner cell
    i, -1 for cells under a printed nought. Table 0 of the pool is the true one, `truth`.
    """

    class_of: tuple[int, ...]
    truth: tuple[int, ...]
    pool: tuple[Change, ...]
    proofs: tuple[Proof, ...]
    withheld: tuple[int, ...]


class Certificate(Frozen):
    """Both parts together, as they lie sealed with the freeze."""

    public: PublicCertificate
    inside: InsideCertificate

    def canonical(self) -> str:
        """Equal certificates, equal text."""
        return canonical_json(self).decode()
