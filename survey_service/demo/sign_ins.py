"""The demonstration's sign-ins, in a file that only its owner can read."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pyotp

from schemas.vocabulary import Frozen
from survey_service.stores.errors import StoreRefused

FILE = "sign-ins.json"


class SignIn(Frozen):
    """What one role of the demonstration signs in with."""

    role: str
    username: str
    password: str
    totp_secret: str
    otpauth: str

    def current_code(self) -> str:
        """Return the one-time code of this half minute (RFC 6238)."""
        return pyotp.TOTP(self.totp_secret).now()


def write_sign_ins(data_dir: Path, entries: list[SignIn]) -> Path:
    """Write the file with mode 600 and return its path."""
    path = data_dir / FILE
    handle = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump([entry.model_dump() for entry in entries], file, indent=2)
        file.write("\n")
    return path


def read_sign_ins(data_dir: Path) -> list[SignIn]:
    """Return the sign-ins of a demonstration.

    Raises:
        StoreRefused: there is none in this folder.
    """
    path = data_dir / FILE
    if not path.is_file():
        raise StoreRefused(f"There is no demonstration in {data_dir}. Start one with: make demo")
    return [SignIn.model_validate(e) for e in json.loads(path.read_text(encoding="utf-8"))]
