"""All seven stores of an installation, opened together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from survey_service.stores.store import Store

NAMES = ("drafts", "inbox", "vault", "answers", "keys", "office", "audit")


@dataclass(frozen=True)
class Stores:
    """The stores by name; what each holds and never holds stands in DESIGN.md, section 3."""

    drafts: Store
    inbox: Store
    vault: Store
    answers: Store
    keys: Store
    office: Store
    audit: Store

    @classmethod
    def at(cls, folder: Path, urls: Mapping[str, str] | None = None) -> Stores:
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
            else Store(name, path=folder / f"{name}.sqlite", durable=name != "drafts")
            for name in NAMES
        }
        return cls(**opened)

    def __iter__(self) -> Iterator[Store]:
        return iter([getattr(self, field.name) for field in fields(self)])

    def close(self) -> None:
        """Close them all."""
        for store in self:
            store.close()
