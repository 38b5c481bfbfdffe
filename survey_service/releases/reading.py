"""Published releases as they are read: by the public, the catalogue and the preview."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, func, select

from schemas.release import Release
from survey_service.releases.kept import FILE, RELEASE, REVOKED
from survey_service.stores.transactions import Tx

_SHOWN = RELEASE.c.id.not_in(select(REVOKED.c.release))
_ONE = select(RELEASE.c.body).where(RELEASE.c.id == bindparam("of"))
_PAGE = (
    select(RELEASE.c.body)
    .where(_SHOWN)
    .order_by(RELEASE.c.number.desc())
    .limit(bindparam("most"))
    .offset(bindparam("skip"))
)
_COUNT = select(func.count()).select_from(RELEASE).where(_SHOWN)
_OF_WAVE = (
    select(RELEASE.c.body)
    .where(RELEASE.c.wave == bindparam("of_wave"), _SHOWN)
    .order_by(RELEASE.c.number)
)
_REVOKED = select(REVOKED.c.release).where(REVOKED.c.release == bindparam("of"))
_LAST_NUMBER = select(func.max(RELEASE.c.number))
_CONTENT = select(FILE.c.content).where(
    FILE.c.release == bindparam("of"), FILE.c.name == bindparam("of_name")
)


def _read(rows: list[tuple[Any, ...]]) -> list[Release]:
    return [Release.model_validate_json(row[0]) for row in rows]


def release_by_id(tx: Tx, release: str) -> Release | None:
    """Return a release, or None."""
    return next(iter(_read(tx.all(_ONE, of=release))), None)


def is_revoked(tx: Tx, release: str) -> bool:
    """Whether a release was taken back."""
    return tx.one(_REVOKED, of=release) is not None


def releases_page(tx: Tx, page: int, size: int) -> tuple[list[Release], int]:
    """Return one page of the releases not taken back, the newest first, and how many there are."""
    row = tx.one(_COUNT)
    return _read(tx.all(_PAGE, most=size, skip=(page - 1) * size)), int(row[0]) if row else 0


def releases_of(tx: Tx, wave: str) -> list[Release]:
    """Return a wave's releases, but those taken back, in order of publication."""
    return _read(tx.all(_OF_WAVE, of_wave=wave))


def release_file(tx: Tx, release: str, name: str) -> bytes | None:
    """Return a release's file as it was published, or None."""
    row = tx.one(_CONTENT, of=release, of_name=name)
    return None if row is None else bytes(row[0])


def last_number(tx: Tx) -> int:
    """Return how many releases there have been."""
    row = tx.one(_LAST_NUMBER)
    return int(row[0] or 0) if row else 0
