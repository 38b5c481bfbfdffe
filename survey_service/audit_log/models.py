"""The audit store: leaves, complete subtrees, erasable details, checkpoints, a search table.

The log itself is `audit_leaf`: nothing in it is ever updated or deleted. `audit_search` repeats
words of the entries for filtering and can be rebuilt from them; a verification compares both.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field, LargeBinary, Text

from survey_service.stores.bases import AuditModel, BigInt


class Leaf(AuditModel, table=True):
    """One entry: its canonical JSON verbatim, and the hash of that."""

    __tablename__ = "audit_leaf"
    __table_args__ = ({"sqlite_strict": True},)

    seq: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    entry: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)


class Node(AuditModel, table=True):
    """A complete subtree of level 1 or higher; it never changes once it is there."""

    __tablename__ = "audit_node"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    level: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    place: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    hash: bytes = Field(sa_type=LargeBinary)


class Detail(AuditModel, table=True):
    """A reason in free words, sealed; deleting the row leaves a commitment nobody can open."""

    __tablename__ = "audit_detail"
    __table_args__ = ({"sqlite_strict": True},)

    seq: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    nonce: bytes = Field(sa_type=LargeBinary)
    ciphertext: bytes = Field(sa_type=LargeBinary)


class CheckpointRow(AuditModel, table=True):
    """A signed note over the first `size` entries."""

    __tablename__ = "audit_checkpoint"
    __table_args__ = ({"sqlite_strict": True},)

    size: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    note: str = Field(sa_type=Text)
    made_at: str = Field(sa_type=Text)


class SearchRow(AuditModel, table=True):
    """The words of an entry that the log is filtered by."""

    __tablename__ = "audit_search"
    __table_args__ = (
        Index("audit_search_time", "time"),
        Index("audit_search_act", "act", "seq"),
        Index("audit_search_actor", "actor", "seq"),
        Index("audit_search_object", "object_type", "object_ref", "seq"),
        Index("audit_search_outcome", "outcome", "seq"),
        {"sqlite_strict": True},
    )

    seq: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})
    time: str = Field(sa_type=Text)
    actor: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    act: str = Field(sa_type=Text)
    object_type: str = Field(sa_type=Text)
    object_ref: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
