"""What people do with lists of contacts: ask, decide, open, each logged before it happens.

A coordinator asks with a reason and a passphrase of his own. Somebody else decides: another
coordinator or the data protection officer. Settle then seals the contacts to the passphrase; the
office stores what it cannot open, and after a week nobody can.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from schemas.audit import Act, ObjectType, Outcome, Purpose
from survey_service.accounts.passwords import refuse_weak
from survey_service.accounts.people import Person
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.clock import Clock
from survey_service.contact_lists.kept import LISTS, ConsentStatistic, secret_of, statistics
from survey_service.contact_lists.models import ContactListRow
from survey_service.contact_lists.sealing import Contact, opened_list, private_key, public_key
from survey_service.problems import N_, Conflict, FieldError, InvalidInput, NotReady
from survey_service.reasons import says_too_little
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.store import Store
from survey_service.surveys.service import Surveys
from survey_service.two_people.kept import Asked
from survey_service.two_people.service import LONGEST_REASON, AskedOfAnother


class ContactLists(AskedOfAnother[Asked]):
    """The use cases; `fresh` lets settle look at once, where it is in reach."""

    requests = LISTS
    granted = Act.CONTACT_LIST_GRANTED
    refused = Act.CONTACT_LIST_REFUSED
    object_type = ObjectType.CONTACT_LIST
    purpose = Purpose.FIELD_WORK

    def __init__(
        self,
        office: Store,
        surveys: Surveys,
        audit: AuditLog,
        clock: Clock,
        fresh: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(office, audit, clock, fresh)
        self._surveys = surveys
        # A passphrase takes 64 MiB and a core; pages must not wait for many of them.
        self._deriving = asyncio.Semaphore(1)

    async def ask(
        self, person: Person, survey: str, reason: str, passphrase: str, again: str, key: str
    ) -> str:
        """Ask for a survey's contacts and return the request; the same key again is the same.

        Raises:
            InvalidInput: no such survey, a reason that says too little, a weak passphrase.
        """
        self._judge(person, survey, reason, passphrase, again)
        salt = secrets.token_bytes(16)
        public = public_key(await self._derive(passphrase, salt))
        await self._log(Act.CONTACT_LIST_ASKED, key, person, reason=reason.strip())
        asked = self._asked(person, key, survey, reason)
        row = ContactListRow.model_validate(asked | {"salt": salt, "public_key": public})
        await self._office.write(lambda tx: tx.add(row, ignore=True))
        return key

    def _judge(self, person: Person, survey: str, reason: str, passphrase: str, again: str) -> None:
        errors = []
        if survey not in {slug for slug, _, _ in self._surveys.surveys_now()}:
            errors.append(FieldError("survey", N_("Please choose a survey.")))
        errors += says_too_little(reason, LONGEST_REASON)
        try:
            refuse_weak("passphrase", passphrase, person.username)
        except InvalidInput as weak:
            errors += weak.fields
        if passphrase != again:
            errors.append(FieldError("again", N_("The two are not the same.")))
        if errors:
            raise InvalidInput(errors)

    async def open(self, person: Person, list_id: str, passphrase: str) -> list[Contact]:
        """Return the contacts; that somebody tries is in the log before, and how it ended after.

        Raises:
            NotFound: there is none with this id, or it is somebody else's.
            Conflict: it was not granted, or its time is over.
            NotReady: settle has not made the list yet.
            InvalidInput: another passphrase.
        """
        found = await self.own(person, list_id)
        if found.state != "granted":
            raise Conflict(N_("Nobody has granted this list, or its time is over."))
        await self._log(Act.CONTACT_LIST_OPENED, list_id, person, Outcome.INTENT)
        await asyncio.to_thread(self._fresh)
        salt, sealed = await self._office.read(lambda tx: secret_of(tx, list_id))
        if sealed is None:
            raise NotReady(N_("The list is being made. Please try again in a minute."))
        private = await self._derive(passphrase, salt)
        try:
            contacts = opened_list(private, sealed, list_id)
        except EnvelopeBroken as error:
            await self._log(Act.CONTACT_LIST_OPENED, list_id, person, Outcome.DENIED)
            message = N_("The list does not open with this.")
            remedy = N_("Type the passphrase that you chose when you asked for it.")
            raise InvalidInput([FieldError("passphrase", message, remedy)]) from error
        counts = {"people_floored_to_ten": len(contacts) // 10 * 10}
        await self._log(Act.CONTACT_LIST_OPENED, list_id, person, counts=counts)
        return contacts

    async def statistics(self, person: Person) -> list[ConsentStatistic]:
        """Return the rounded statistics of every survey; that they are read is logged before."""
        entry = AuditEntry(
            act=Act.STATISTICS_READ,
            object_type=ObjectType.SURVEY,
            actor=person,
            purpose=Purpose.OVERSIGHT,
        )
        await self._audit.append(entry)
        await asyncio.to_thread(self._fresh)
        return await self._office.read(statistics)

    async def _derive(self, passphrase: str, salt: bytes) -> bytes:
        async with self._deriving:
            return await asyncio.to_thread(private_key, passphrase, salt)
