"""One SQLModel base per store, each with its own registry, so that no two stores share a table.

Columns are Text, Integer, BigInt and LargeBinary only: SQLite's STRICT tables know no others,
and raw driver rows then need no conversion.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
from sqlmodel import SQLModel
from sqlmodel.main import default_registry

BigInt = BigInteger().with_variant(Integer(), "sqlite")


def _registry() -> type:
    return type(default_registry)


class DraftsModel(SQLModel, registry=_registry()()):
    """Base of everything in the `drafts` store."""


class InboxModel(SQLModel, registry=_registry()()):
    """Base of everything in the `inbox` store."""


class VaultModel(SQLModel, registry=_registry()()):
    """Base of everything in the `vault` store."""


class AnswersModel(SQLModel, registry=_registry()()):
    """Base of everything in the `answers` store."""


class KeysModel(SQLModel, registry=_registry()()):
    """Base of everything in the `keys` store."""


class OfficeModel(SQLModel, registry=_registry()()):
    """Base of everything in the `office` store."""


class AuditModel(SQLModel, registry=_registry()()):
    """Base of everything in the `audit` store."""


BASES: dict[str, type[SQLModel]] = {
    "drafts": DraftsModel,
    "inbox": InboxModel,
    "vault": VaultModel,
    "answers": AnswersModel,
    "keys": KeysModel,
    "office": OfficeModel,
    "audit": AuditModel,
}
