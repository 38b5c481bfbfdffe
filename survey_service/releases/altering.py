"""Tables of rounded or noised numbers, where a wave's rules choose that instead of withholding."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from anonymisation import TableSpec, publish_next
from anonymisation.errors import Refused
from anonymisation.tables.methods import Publication
from schemas.policy import Policy
from schemas.tables import Ledger
from survey_service.answers.freezes import KeptFreezes

if TYPE_CHECKING:
    import pandas as pd

SECRET = "release-secret"  # noqa: S105 - the name under which it is kept
BYTES = 32


def secret_of(freezes: KeptFreezes, wave: str) -> bytes:
    """Return the secret that a wave's roundings, keys and noise come from, made at first use.

    It lies sealed beside the wave's freezes, outlives them, and is never printed: with it the
    noise could be taken off again.
    """
    name = f"{SECRET}:{wave}"
    kept = freezes.read_lasting(wave, name)
    if kept is None:
        freezes.keep_lasting(wave, name, secrets.token_bytes(BYTES), once=True)
        kept = freezes.read_lasting(wave, name)
    if kept is None:
        raise RuntimeError("what was just kept beside the freezes cannot be read")
    return kept


def altered(
    frame: pd.DataFrame,
    spec: TableSpec,
    policy: Policy,
    ledger: Ledger,
    freeze: str,
    secret: bytes,
    seconds: float,
) -> Publication | None:
    """Return the table by the policy's method, or None where it cannot be published.

    Equal arguments, equal bytes, so that what was reviewed is what is published.
    """
    try:
        made = publish_next(
            frame, [spec], policy, ledger=ledger, freeze=freeze, secret=secret, seconds=seconds
        )
    except Refused:
        return None
    return made if isinstance(made, Publication) else None
