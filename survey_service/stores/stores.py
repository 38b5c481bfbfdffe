"""The stores of an installation, opened together: all seven, or those that a part reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from survey_service.stores.store import Store

NAMES = ("drafts", "inbox", "vault", "answers", "keys", "office", "audit")


class OpenedStores:
    """Some stores, each a field."""

    @classmethod
    def at(cls, folder: Path, urls: Mapping[str, str] | None = None) -> Self:
        """Return the stores in a folder, or on PostgreSQL where a URL is given.

        Raises:
            ValueError: a URL for `keys`, which always stays a file on the office's host.
        """
        urls = urls or {}
        if "keys" in urls:
            raise ValueError("the keys store is always a file on the office's host")
        opened = {
            name: Store(name, url=urls[name], durable=name != "drafts")
            if name in urls
            else Store(name, path=file_of(folder, name), durable=name != "drafts")
            for name in (field.name for field in fields(cls))  # type: ignore[arg-type]
        }
        return cls(**opened)

    def __iter__(self) -> Iterator[Store]:
        return iter([getattr(self, field.name) for field in fields(self)])  # type: ignore[arg-type]

    def close(self) -> None:
        """Close them all, last first: what follows a write of the inbox goes to the drafts."""
        for store in reversed(list(self)):
            store.close()


@dataclass(frozen=True)
class Stores(OpenedStores):
    """The stores by name; what each holds and never holds stands in DESIGN.md, section 3."""

    drafts: Store
    inbox: Store
    vault: Store
    answers: Store
    keys: Store
    office: Store
    audit: Store


@dataclass(frozen=True)
class FrontStores(OpenedStores):
    """What respondents' pages reach: no key, no log."""

    drafts: Store
    inbox: Store
    vault: Store
    answers: Store
    office: Store


@dataclass(frozen=True)
class OfficeStores(OpenedStores):
    """What staff's pages reach: of `answers` and `keys` the freezes and nothing else."""

    answers: Store
    keys: Store
    office: Store
    audit: Store


def is_in_use(folder: Path) -> bool:
    """Return whether there are stores already: `keys` is a file wherever the others lie."""
    return file_of(folder, "keys").exists()


def file_of(folder: Path, name: str) -> Path:
    """Return where a store's file lies: in a folder of its own where parts are separate."""
    own = folder / name
    return (own if own.is_dir() else folder) / f"{name}.sqlite"
