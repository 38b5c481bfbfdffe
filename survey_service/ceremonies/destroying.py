"""What two people may destroy before its time, and what must hold first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete

from survey_service.answers.freezes import Freezes
from survey_service.audit_log.references import ACTORS
from survey_service.problems import N_
from survey_service.stores.keyring import Keyring
from survey_service.stores.models import RowKey
from survey_service.stores.row_counts import forget_count
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState

_TABLE: Any = RowKey.__table__  # type: ignore[attr-defined]
_BY_SCOPE = delete(_TABLE).where(_TABLE.c.scope == bindparam("of_scope"))


@dataclass(frozen=True)
class Destroyable:
    """Something that can be destroyed.

    `subject` names it in commands, pages and the log; `hindrance` is a source text while it must
    not be destroyed yet; `destroy` leaves nothing of it, again is the same, and returns how many
    keys there were.
    """

    subject: str
    hindrance: str | None
    destroy: Callable[[], int]
    secret: str | None = None
    """The installation's secret that is replaced by a fresh one, where it is one."""


Source = Callable[[], Iterable[Destroyable]]


class RowKeysOfSurveys:
    """The office's keys to a survey's rows: afterwards only the respondents' codes open them."""

    def __init__(self, surveys: Surveys, freezes: Freezes, keys: Store) -> None:
        self._surveys = surveys
        self._freezes = freezes
        self._keys = keys

    def __call__(self) -> Iterable[Destroyable]:
        """Yield one for each survey."""
        waves = self._surveys.waves_now()
        for slug, _salt, _title in self._surveys.surveys_now():
            own = [wave for wave in waves if wave.survey == slug]
            yield Destroyable(f"row-keys/{slug}", _hindrance(own), self._destroying(slug, own))

    def _destroying(self, slug: str, waves: list[Wave]) -> Callable[[], int]:
        def destroy() -> int:
            scopes = [f"vault:{slug}", *(f"answers:{wave.id}" for wave in waves)]

            def work(tx: Tx) -> int:
                for scope in scopes:
                    forget_count(tx, scope)
                return sum(tx.run(_BY_SCOPE, of_scope=scope) for scope in scopes)

            gone = self._keys.write_now(work)
            for wave in waves:
                self._freezes.destroy(wave.id)
            self._keys.truncate_log()
            return gone

        return destroy


def _hindrance(waves: list[Wave]) -> str | None:
    if any(wave.state in (WaveState.DRAFT, WaveState.OPEN) for wave in waves):
        return N_("A wave of this survey is not closed yet.")
    return None


class AuditReferences:
    """The key behind references to people in the log: afterwards nobody can tell who did what."""

    SUBJECT = "audit-references"

    def __init__(self, keyring: Keyring, kept: Callable[[], bool]) -> None:
        self._keyring = keyring
        self._kept = kept

    def __call__(self) -> Iterable[Destroyable]:
        """Yield it, where this process holds the key."""
        if not self._keyring.holds(ACTORS):
            return
        hindrance = (
            N_("Answers or consents are still kept. Who did what with them must stay known.")
            if self._kept()
            else None
        )
        yield Destroyable(self.SUBJECT, hindrance, self._destroy, ACTORS)

    def _destroy(self) -> int:
        self._keyring.replace(ACTORS)
        return 1
