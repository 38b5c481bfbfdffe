"""Two officers with keys of their own, a wave in which they may find lost codes, and requests."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from schemas.escrow import OfficerKeys
from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.collection.code import Code
from survey_service.collection.contact_lists import VaultReports
from survey_service.collection.lost_codes import LostCodeSearch
from survey_service.demo.population import SyntheticRespondent
from survey_service.escrow.choosing import Choosing
from survey_service.escrow.finding import told
from survey_service.escrow.sealing import SealedFile, codes_in, without_outer
from survey_service.escrow.service import LostCodes
from survey_service.stores.envelopes import key_pair
from survey_service.stores.ids import new_id
from survey_service.surveys.core import load
from survey_service.surveys.notices import Notices
from survey_service.surveys.waves import Wave, WaveState
from tests.kit.field import SLUG, Field

T = TypeVar("T")
WHY = "As the ministry and its data protection officer have agreed."
SEEN = "Identity card seen at the office, the number told from memory."


def person(name: str, role: Role) -> Person:
    """Somebody who is signed in."""
    return Person(id=f"id-of-{name}", username=name, role=role, session_id="s")


CORA = person("cora", Role.COORDINATOR)
DEE = person("dee", Role.DPO)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Do it now."""
    return asyncio.run(work)


class Officers:
    """Both officers, each with the key that he alone has."""

    def __init__(self) -> None:
        self.first, first = key_pair()
        self.second, second = key_pair()
        self.keys = OfficerKeys(outer=first.hex(), inner=second.hex())

    def codes(self, file: bytes) -> list[str]:
        """Open a file as they would, one after the other, and return the codes in it."""
        sealed = SealedFile.model_validate_json(file)
        return codes_in(self.second, without_outer(self.first, sealed))


class EscrowSite:
    """The rooms of a field with those of lost codes: office and settle share stores alone."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.officers = Officers()
        f, office = field, field.stores.office
        self.notices = Notices(office, f.surveys, f.audit, f.clock)
        self.choosing = Choosing(office, f.surveys, self.notices, f.audit, f.clock)
        self.lost_codes = LostCodes(office, f.surveys, f.audit, f.clock)
        self.search = LostCodeSearch(
            f.stores,
            f.surveys,
            f.consents,
            f.settle,
            f.hand_over.withdrawn_now,
            f.keyring,
            f.audit,
            f.clock,
        )
        self.reports = VaultReports(
            office, f.surveys, f.consents, f.hand_over.withdrawn_now, f.audit, f.clock, self.search
        )

    def draft(self, number: int = 1) -> str:
        """A wave that is being prepared."""
        core = load()
        surveys = self.field.surveys
        surveys.add_survey_now(SLUG, core.questionnaire.title)
        surveys.add_version_now(SLUG, core.questionnaire, core.notice)
        return surveys.add_wave_now(
            SLUG, number, core.questionnaire, core.notice, planned_sample=1000
        )

    def agree(self, wave: str, keys: OfficerKeys | None) -> None:
        """Settle it as two people."""
        run(self.choosing.propose(CORA, wave, keys, WHY))
        number = run(self.choosing.of(wave))[0].number
        run(self.choosing.decide(DEE, wave, number, agreed=True))

    def open_wave(self) -> Wave:
        """A wave in the field in which the officers may find lost codes."""
        wave = self.draft()
        self.agree(wave, self.officers.keys)
        opened = self.field.surveys.move_now(wave, WaveState.OPEN)
        self.search.look()
        return opened

    def answer(
        self,
        wave: Wave,
        people: list[SyntheticRespondent],
        who: dict[int, tuple[str, str]],
    ) -> list[Code]:
        """Let people answer; those named in `who` by their place want to be found by that."""

        async def one(place: int, somebody: SyntheticRespondent) -> Code:
            code = await self.field.fill(wave, somebody, questions=1)
            said = told(*who[place]) if place in who else None
            await self.field.collection.set_escrow(SLUG, code, said)
            await self.field.collection.submit(SLUG, code)
            return code

        async def all_of_them() -> list[Code]:
            return [await one(place, somebody) for place, somebody in enumerate(people)]

        return asyncio.run(all_of_them())

    def ask(self, wave: Wave, name: str, phone: str) -> str:
        """Ask for somebody's lost code."""
        return run(self.lost_codes.ask(DEE, wave.id, name, phone, SEEN, new_id()))

    def file(self, wave: Wave, name: str, phone: str) -> bytes:
        """Ask, agree, look and fetch."""
        asked = self.ask(wave, name, phone)
        run(self.lost_codes.decide(CORA, asked, grant=True))
        self.reports.look()
        return run(self.lost_codes.file(DEE, asked))

    def found(self, wave: Wave, name: str, phone: str) -> list[str]:
        """The codes that the officers find in the end."""
        return self.officers.codes(self.file(wave, name, phone))
