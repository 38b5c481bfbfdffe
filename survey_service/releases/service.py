"""The use cases of releases, as pages, the API and the commands call them.

Longer than other modules: it is the one door of the room and holds a line or two for each.
"""

from __future__ import annotations

import asyncio

from schemas.release_rules import ReleaseRules
from schemas.requests import RequestState, TableRequest, VoteChoice
from survey_service.accounts.people import Person
from survey_service.answers.freezes import KeptFreezes
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.problems import NotFound, NotReady
from survey_service.releases import (
    asking,
    checking,
    deciding,
    ledger,
    publishing,
    reading,
    revoking,
    rules,
    showing,
)
from survey_service.releases.desk import Desk, Limits
from survey_service.releases.feasibility import feasibility
from survey_service.releases.kept import (
    KeptRequest,
    asked_on,
    request_by_id,
    requests_in,
    requests_of,
)
from survey_service.releases.kept import answering as answering_request
from survey_service.releases.public import PublicReleases
from survey_service.releases.question import normalised
from survey_service.releases.release_plan import ensure_plan
from survey_service.releases.renewing import renew
from survey_service.releases.rules import KeptRules
from survey_service.releases.views import (
    BudgetShown,
    CatalogueShown,
    CheckShown,
    PlanShown,
    PreviewShown,
    ReleaseSummary,
    RequestShown,
    WaitingCheck,
    WaveShown,
)
from survey_service.releases.worker import Worker
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx
from survey_service.surveys.core import load
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import WaveState


class Releases(PublicReleases):
    """From the catalogue to the published table."""

    def __init__(
        self,
        office: Store,
        freezes: KeptFreezes,
        surveys: Surveys,
        audit: AuditLog,
        keyring: Keyring,
        clock: Clock,
        *,
        limits: Limits | None = None,
        demonstration: bool = False,
        plan: tuple[tuple[str, ...], ...] = (),
    ) -> None:
        super().__init__(office)
        del keyring  # Reviews are sealed by the freezes, and no hash here covers unreleased data.
        self.desk = Desk(
            office, freezes, surveys, audit, clock, limits or Limits(), demonstration, plan
        )
        self._worker: Worker | None = None

    # -- researchers ---------------------------------------------------------------------------

    async def waves(self) -> list[WaveShown]:
        """Return the waves that tables can be asked of."""
        return [showing.wave_shown(wave) for wave in self.desk.asked_of()]

    async def frozen(self) -> str | None:
        """Return the wave frozen last: tables are asked of it unless another is named."""
        return await asyncio.to_thread(self._frozen)

    def _frozen(self) -> str | None:
        found = [self.desk.freezes.latest(wave.id) for wave in self.desk.asked_of()]
        newest = max(
            (freeze for freeze in found if freeze is not None),
            key=lambda freeze: (freeze.made_on, freeze.wave),
            default=None,
        )
        return None if newest is None else newest.wave

    async def survey_of(self, wave_id: str) -> str:
        """Return the slug of a wave's survey.

        Raises:
            InvalidInput: there is no such wave.
        """
        return self.desk.wave(wave_id).survey

    async def catalogue(self, wave_id: str) -> CatalogueShown:
        """Return a wave's codebook and its releases.

        Raises:
            NotFound: there is no such wave.
        """
        wave = self.desk.surveys.wave_now(wave_id)
        released = await self.desk.office.read(lambda tx: reading.releases_of(tx, wave_id))
        return showing.catalogue_shown(wave, self.desk.book(wave), released)

    async def preview(self, asked: TableRequest) -> PreviewShown:
        """Return how likely each cell can be published, from public facts alone.

        Raises:
            InvalidInput: a variable or code that the wave does not offer.
        """
        wave = self.desk.wave(asked.wave)
        book = self.desk.book(wave)
        question, _ = normalised(asked, book)
        released, rules_now = await self.desk.office.read(
            lambda tx: (reading.releases_of(tx, wave.id), rules.rules_of(tx, wave.id))
        )
        likely = feasibility(
            question, book, wave.planned_sample, load().register, released, rules_now
        )
        return PreviewShown(
            question=question,
            feasibility=likely,
            release_id=next((r.id for r in released if r.table.question == question), None),
        )

    async def submit(self, person: Person, asked: TableRequest, key: str) -> RequestShown:
        """Ask for a table and return the request with its answer; see `asking.submit`."""
        return await self.request(person, await asking.submit(self.desk, person, asked, key))

    async def ask_again(self, person: Person, request_id: str, reason: str) -> RequestShown:
        """Put a table before the checkers once more; see `asking.ask_again`."""
        await asking.ask_again(self.desk, person, request_id, reason)
        return await self.request(person, request_id)

    async def requests(self, person: Person) -> list[RequestShown]:
        """Return a person's own requests, the newest first."""

        def work(tx: Tx) -> list[tuple[KeptRequest, KeptRequest]]:
            return [(own, answering_request(tx, own)) for own in requests_of(tx, person.id)]

        found = await self.desk.office.read(work)
        return [showing.request_shown(self.desk, own, answered) for own, answered in found]

    async def request(self, person: Person, request_id: str) -> RequestShown:
        """Return an own request.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """

        def work(tx: Tx) -> tuple[KeptRequest, KeptRequest]:
            found = request_by_id(tx, request_id)
            if found is None or found.author != person.id:
                raise NotFound
            return found, answering_request(tx, found)

        own, answered = await self.desk.office.read(work)
        return showing.request_shown(self.desk, own, answered)

    async def answering(self, request_id: str) -> str:
        """Return the request whose answer this one has: itself, or one asked before it.

        Raises:
            NotFound: there is no such request.
        """

        def work(tx: Tx) -> str:
            found = request_by_id(tx, request_id)
            if found is None:
                raise NotFound
            return answering_request(tx, found).id

        return await self.desk.office.read(work)

    async def budget(self, person: Person) -> BudgetShown:
        """Return how many requests a person has made today."""
        today = self.desk.now().date().isoformat()
        used, _ = await self.desk.office.read(lambda tx: asked_on(tx, person.id, today))
        return BudgetShown(used=used, limit=self.desk.limits.per_day)

    # -- output checkers -----------------------------------------------------------------------

    async def checks(self, person: Person) -> list[WaitingCheck]:
        """Return the requests that wait for checkers."""
        found = await checking.waiting(self.desk, person)
        return [showing.waiting_shown(self.desk, request, vote) for request, vote in found]

    async def check(self, person: Person, request_id: str) -> CheckShown:
        """Return a table both ways; reading it is logged before. See `checking.look`."""
        request, file, votes = await checking.look(self.desk, person, request_id)
        released = await self.desk.office.read(lambda tx: reading.releases_of(tx, request.wave))
        return showing.check_shown(self.desk, person, request, file, votes, released)

    async def vote(
        self, person: Person, request_id: str, round_: int, choice: VoteChoice, reason: str
    ) -> None:
        """Count a checker's vote; see `checking.vote`."""
        await checking.vote(self.desk, person, request_id, round_, choice, reason)

    def waiting_now(self, wave_id: str) -> int:
        """Return how many requests of a wave have no final answer yet."""
        states = (RequestState.SUBMITTED, RequestState.UNDER_REVIEW)
        found = [
            request
            for state in states
            for request in self.desk.office.read_now(lambda tx, s=state: requests_in(tx, s))  # type: ignore[misc]
        ]
        return sum(request.wave == wave_id for request in found)

    # -- coordinators, checkers, the DPO --------------------------------------------------------

    async def plans(self) -> list[PlanShown]:
        """Return the release plan of every wave that has been in the field."""
        return [await showing.plan_shown(self.desk, wave) for wave in self.desk.waves()]

    async def summary(self, release_id: str) -> ReleaseSummary:
        """Return what a release is, without its numbers; see `release`."""
        return showing.release_summary(await self.release(release_id))

    async def revoke(self, person: Person, release_id: str, reason: str) -> None:
        """Take a release back; see `revoking.revoke`."""
        await revoking.revoke(self.desk, person, release_id, reason)

    async def rules(self, wave_id: str) -> list[KeptRules]:
        """Return the rules proposed for a wave, the newest first, and what became of each."""
        return await self.desk.office.read(lambda tx: rules.every_rules_of(tx, wave_id))

    async def waiting_rules(self) -> list[tuple[WaveShown, KeptRules]]:
        """Return the rules that wait for a second person, of every wave that is a draft."""
        found = []
        for wave in self.desk.surveys.waves_now():
            waiting = rules.waiting_of(await self.rules(wave.id))
            if waiting is not None and wave.state is WaveState.DRAFT:
                found.append((showing.wave_shown(wave), waiting))
        return found

    async def propose_rules(
        self, person: Person, wave_id: str, proposed: ReleaseRules, reason: str
    ) -> None:
        """Put rules of release before a second person; see `rules.propose`."""
        await rules.propose(self.desk, person, wave_id, proposed, reason)

    async def decide_rules(
        self, person: Person, wave_id: str, number: int, *, agreed: bool
    ) -> None:
        """Bring proposed rules into force, or decline them; see `rules.decide_on`."""
        await rules.decide_on(self.desk, person, wave_id, number, agreed=agreed)

    # -- upkeep --------------------------------------------------------------------------------

    def begin(self) -> None:
        """Answer requests by a worker from now on, so that nobody waits for a page."""
        self._worker = Worker(self.desk)
        self.desk.workers[:] = [self._worker.take]

    async def end(self) -> None:
        """Stop the worker; what it had in hand is answered after the next start."""
        self.desk.workers.clear()
        if self._worker is not None:
            await self._worker.stop()

    async def keep_up(self) -> None:
        """After the hourly work: plans of new freezes, waiting requests, what was cut short."""
        for wave in self.desk.asked_of():
            await ensure_plan(self.desk, wave)
        await renew(self.desk)
        await self.catch_up()

    async def verify_ledger(self) -> int:
        """Return how many answers the ledger holds, its chain found whole."""
        return await self.desk.office.read(ledger.verify)

    async def catch_up(self) -> None:
        """Finish what a crash cut short: requests without an answer, releases agreed on."""
        for state in (RequestState.SUBMITTED, RequestState.UNDER_REVIEW):
            for request in await self.desk.office.read(lambda tx, s=state: requests_in(tx, s)):  # type: ignore[misc]
                if self.desk.workers and state is RequestState.SUBMITTED:
                    self.desk.workers[0](request.id, None)
                    continue
                try:
                    await deciding.decide(self.desk, request.id)
                    await publishing.publish(self.desk, request.id)
                except NotReady:
                    continue
