"""What a backup says of itself, signed with the audit log's key."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from schemas.audit import Sha256Hex
from schemas.vocabulary import Frozen
from survey_service.audit_log.entries import canonical
from survey_service.audit_log.note import NoteRefused
from survey_service.audit_log.service import AuditLog
from survey_service.stores.errors import StoreRefused

FILE = "manifest.note"
TOMBSTONES = "tombstones"
HEADING = "equality-survey/backup/v1"


class StoreCopy(Frozen):
    """One store's file and how many rows each table had."""

    file: str
    sha256: Sha256Hex
    rows: dict[str, int]


class ErasedSoFar(Frozen):
    """The list of erasures as it was: its length in bytes and what these bytes hash to."""

    size: int
    sha256: Sha256Hex


class Manifest(Frozen):
    """A whole backup; `log_size` and `log_root` are the audit log's when it was made.

    `tombstones` is None where a part made it that does not see the list of erasures.
    """

    v: Literal[1] = 1
    made_on: str
    stores: dict[str, StoreCopy]
    tombstones: ErasedSoFar | None
    log_size: int
    log_root: Sha256Hex

    def signed(self, audit: AuditLog) -> str:
        """Return the manifest as a signed note."""
        text = canonical(self.model_dump(mode="json")).decode()
        return audit.signed(f"{HEADING}\n{text}\n")


def read(folder: Path, audit: AuditLog) -> tuple[Manifest, str]:
    """Return a backup's manifest and the note it stands in.

    Raises:
        StoreRefused: there is none, it is not signed by this installation, or a file is not the
            one it names.
    """
    path = folder / FILE
    if not path.is_file():
        raise StoreRefused(f"There is no backup in {folder}: {FILE} is missing.")
    try:
        note = path.read_text(encoding="utf-8")
        heading, _, text = audit.opened(note).partition("\n")
        if heading != HEADING:
            raise NoteRefused("another kind of document")
        manifest = Manifest.model_validate(json.loads(text))
    except (NoteRefused, ValidationError, ValueError) as error:
        raise StoreRefused(
            "The backup's manifest is not signed by this installation's audit key. Put the "
            "folder of keys back first, then restore; or this is another installation's backup."
        ) from error
    for copy in manifest.stores.values():
        found = folder / copy.file
        if not found.is_file() or digest_of(found) != copy.sha256:
            raise StoreRefused(
                f"The backup's file {copy.file} is missing or was changed since. Take another "
                "copy of this backup."
            )
    return manifest, note


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
