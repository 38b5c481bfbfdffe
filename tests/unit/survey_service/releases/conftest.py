"""A wave with known answers: real stores, log and surveys; a freeze that lies in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import pandas as pd
import pytest

from schemas.release_rules import ReleaseRules
from schemas.requests import Filter, RequestPurpose, TableRequest, VoteChoice
from schemas.texts import Texts
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.answers.freezes import Freeze, FrozenData, NoFreeze
from survey_service.audit_log.service import AuditLog
from survey_service.releases.desk import Limits
from survey_service.releases.service import Releases
from survey_service.releases.views import RequestShown
from survey_service.stores.keyring import Keyring
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import WaveState

T = TypeVar("T")
SLUG = "roma-2026"
WORDS = "To plan where family doctors are needed most in the coming years."
STATES = ["refused", "dont_know", "missing", "not_asked"]
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PLACES = {"RIGA": "LV0001000", "LATGALE": "LV0002000", "ZEMGALE": "LV0003000"}


class FreezesInMemory:
    """What the answers room gives: one freeze, and reviews sealed beside it."""

    def __init__(self, frame: pd.DataFrame, wave: str) -> None:
        self.frame = frame
        self.freeze: Freeze | None = Freeze("freeze-1", wave, 1, date(2026, 11, 1))
        self.reviews: dict[str, bytes] = {}
        self.opened = 0
        self.days = {"freeze-1": date(2026, 11, 1), "freeze-2": date(2027, 2, 1)}
        self.lasting: dict[tuple[str, str], bytes] = {}

    def made_on(self, freeze_id: str) -> date:
        """The day of a freeze, destroyed or not."""
        return self.days[freeze_id]

    def keep_lasting(self, wave: str, name: str, payload: bytes, *, once: bool = False) -> None:
        """Keep what outlives the freeze."""
        if not (once and (wave, name) in self.lasting):
            self.lasting[wave, name] = payload

    def read_lasting(self, wave: str, name: str) -> bytes | None:
        """What outlives the freeze."""
        return self.lasting.get((wave, name))

    def latest(self, wave: str) -> Freeze | None:
        """The freeze, if it is this wave's."""
        return self.freeze if self.freeze and self.freeze.wave == wave else None

    def open(self, freeze_id: str) -> FrozenData:
        """The records."""
        self.opened += 1
        if self.freeze is None or self.freeze.id != freeze_id:
            raise NoFreeze("gone")
        return FrozenData(self.frame, ())

    def keep_review(self, request: str, freeze_id: str, payload: bytes) -> None:
        """Keep a review."""
        self.reviews[request] = payload

    def read_review(self, request: str) -> bytes:
        """The review kept."""
        if request not in self.reviews:
            raise NoFreeze("gone")
        return self.reviews[request]


def records(groups: dict[tuple[str, str, str], int]) -> pd.DataFrame:
    """One record per person: region, sex and health by count; the other columns follow."""
    variables = load().form.variable
    rows = [key for key, count in groups.items() for _ in range(count)]
    columns = {
        "B1": [PLACES.get(region, region) for region, _, _ in rows],
        "B4": [sex for _, sex, _ in rows],
        "E1": [health for _, _, health in rows],
        "D3": [str(1 + number % 2) for number, _ in enumerate(rows)],
    }
    return pd.DataFrame(
        {
            name: pd.Categorical(values, [c.code for c in variables[name].codes] + STATES)
            for name, values in columns.items()
        }
    )


PLENTY = {
    (region, sex, health): 24 + 3 * number + (5 if sex == "1" else 0)
    for region in PLACES
    for sex in ("1", "2")
    for number, health in enumerate(("1", "2", "3", "4"))
}
"""Every cell well above every threshold, but for the three women of Zemgale in very bad health."""
PLENTY[("ZEMGALE", "1", "5")] = 3
PLENTY[("RIGA", "1", "5")] = 31
PLENTY[("RIGA", "2", "5")] = 33
PLENTY[("LATGALE", "1", "5")] = 41
PLENTY[("LATGALE", "2", "5")] = 38
PLENTY[("ZEMGALE", "2", "5")] = 27
PLENTY[("RIGA", "1", "refused")] = 17
PLENTY[("LATGALE", "2", "not_asked")] = 22


def person(name: str, role: Role) -> Person:
    """Somebody signed in."""
    return Person(id=f"id-of-{name}", username=name, role=role)


@dataclass
class Office:
    """The room with its people, and short ways to ask and to vote."""

    releases: Releases
    freezes: FreezesInMemory
    stores: Stores
    audit: AuditLog
    wave: str
    now: list[datetime] = field(default_factory=lambda: [NOON])
    ada: Person = field(default_factory=lambda: person("ada", Role.RESEARCHER))
    ben: Person = field(default_factory=lambda: person("ben", Role.RESEARCHER))
    cleo: Person = field(default_factory=lambda: person("cleo", Role.OUTPUT_CHECKER))
    dan: Person = field(default_factory=lambda: person("dan", Role.OUTPUT_CHECKER))
    eve: Person = field(default_factory=lambda: person("eve", Role.OUTPUT_CHECKER))
    cora: Person = field(default_factory=lambda: person("cora", Role.COORDINATOR))
    dee: Person = field(default_factory=lambda: person("dee", Role.DPO))
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    count: int = 0

    def run(self, work: Coroutine[Any, Any, T] | Awaitable[T]) -> T:
        """Run one use case to its end."""
        return self.loop.run_until_complete(work)

    def asked(
        self,
        *rows: str,
        by: tuple[str, ...] = (),
        where: dict[str, tuple[str, ...]] | None = None,
        **more: Any,
    ) -> TableRequest:
        """A request for a table."""
        fields: dict[str, Any] = {
            "survey": SLUG,
            "wave": self.wave,
            "rows": rows,
            "columns": by,
            "filters": tuple(
                Filter(variable=name, codes=codes) for name, codes in (where or {}).items()
            ),
            "purpose_code": RequestPurpose.POLICY,
            "purpose_text": WORDS,
        }
        return TableRequest.model_validate(fields | more)

    def ask(self, asked: TableRequest, who: Person | None = None, key: str = "") -> RequestShown:
        """Submit a request, under a key of its own if none is given."""
        self.count += 1
        return self.run(self.releases.submit(who or self.ada, asked, key or f"key-{self.count}"))

    def vote(self, request: str, who: Person, choice: str = "release", round_: int = 1) -> None:
        """Cast a vote."""
        reason = "" if choice == "release" else "The purpose does not need this detail at all."
        self.run(self.releases.vote(who, request, round_, VoteChoice(choice), reason))

    def settle_rules(self, rules: ReleaseRules) -> None:
        """Have rules proposed by a coordinator and agreed to by the DPO."""
        reason = "As the ministry and its statisticians have agreed."
        self.run(self.releases.propose_rules(self.cora, self.wave, rules, reason))
        newest = self.run(self.releases.rules(self.wave))[0]
        self.run(self.releases.decide_rules(self.dee, self.wave, newest.number, agreed=True))

    def release(self, asked: TableRequest) -> str:
        """Have a table released by the two checkers and return the release's id."""
        made = self.ask(asked)
        self.vote(made.id, self.cleo)
        self.vote(made.id, self.dan)
        release = self.run(self.releases.request(self.ada, made.id)).verdict.release_id
        if release is None:
            raise AssertionError("the table was not released")
        return release


@pytest.fixture
def open_office(sqlite_stores: Stores) -> Iterator[Callable[..., Office]]:
    """Make the room over a wave whose answers are given."""
    made: list[Office] = []

    def make(
        groups: dict[tuple[str, str, str], int],
        limits: Limits | None = None,
        plan: tuple[tuple[str, ...], ...] = (),
        rules: ReleaseRules | None = None,
        draft: bool = False,
    ) -> Office:
        now = [NOON]
        keyring = Keyring.random()
        audit = AuditLog(sqlite_stores.audit, keyring, lambda: now[0])
        surveys = Surveys(sqlite_stores.office, audit, lambda: now[0])
        core = load()
        surveys.add_survey_now(SLUG, Texts.model_validate({"lv": "Romi", "en": "Roma"}))
        surveys.add_version_now(SLUG, core.questionnaire, core.notice)
        wave = surveys.add_wave_now(SLUG, 1, core.questionnaire, core.notice, planned_sample=800)
        freezes = FreezesInMemory(records(groups), wave)
        releases = Releases(
            sqlite_stores.office,
            freezes,  # type: ignore[arg-type]
            surveys,
            audit,
            keyring,
            lambda: now[0],
            limits=limits,
            plan=plan,
        )
        office = Office(releases, freezes, sqlite_stores, audit, wave, now)
        made.append(office)
        if rules is not None:
            office.settle_rules(rules)
        if not draft:
            surveys.move_now(wave, WaveState.OPEN)
            surveys.move_now(wave, WaveState.CLOSED)
        return office

    yield make
    for office in made:
        office.loop.close()


@pytest.fixture
def office(open_office: Callable[..., Office]) -> Office:
    """The room over a wave with plenty of answers."""
    return open_office(PLENTY)
