"""The front: respondents' pages and the public catalogue. It holds no key that opens anything."""

from __future__ import annotations

from dataclasses import dataclass

from survey_service.accounts.passwords import Passwords
from survey_service.answers.by_code import AnswersByCode, FreezesElsewhere
from survey_service.assisted.desks import DeskElsewhere
from survey_service.assisted.kept_loans import KeptLoans
from survey_service.assisted.loans import LoanSeals
from survey_service.assisted.taking import AssistedAtFront
from survey_service.assisted.windows import Windows
from survey_service.audit_log.entries import AuditEntry
from survey_service.audit_log.service import AuditLog
from survey_service.backups.restoring import refuse_half_restored
from survey_service.clock import Clock, now
from survey_service.collection.changes import Changes
from survey_service.collection.drafts import Drafts
from survey_service.collection.letterbox import Letterbox
from survey_service.collection.service import Collection
from survey_service.consent.by_code import ConsentsByCode
from survey_service.invitations.service import Invitations
from survey_service.lock import run_dir
from survey_service.parts.opening import bring_up_to_date
from survey_service.releases.public import PublicReleases
from survey_service.rights.receipts import Receipts
from survey_service.rights.service import Rights
from survey_service.settings import Settings
from survey_service.stores.ballast import Ballast
from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_checks import refuse_other_keys
from survey_service.stores.keyring import Keyring
from survey_service.stores.parts import Part
from survey_service.stores.stores import FrontStores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys


class NoLog(AuditLog):
    """The log as the front has it: what would have to be logged cannot be done here."""

    def __init__(self) -> None:
        """Nothing: there is no store and no key."""

    def append_now(self, entry: AuditEntry) -> int:
        """Refuse.

        Raises:
            StoreRefused: always.
        """
        raise StoreRefused(f"respondents' pages may not do this: {entry.act}")


@dataclass(frozen=True)
class Front:
    """The rooms of respondents and of the public."""

    settings: Settings
    stores: FrontStores
    clock: Clock
    surveys: Surveys
    collection: Collection
    invitations: Invitations
    rights: Rights
    releases: PublicReleases
    receipts: Receipts
    assisted: AssistedAtFront

    def close(self) -> None:
        """Finish the writes that wait and let go of the stores."""
        self.stores.close()


def open_front(settings: Settings, clock: Clock = now) -> Front:
    """Open what the front may reach, and wire its rooms.

    Raises:
        StoreRefused: a key is missing, one is there that must not be, or a store is out of date.
    """
    refuse_half_restored(settings.data_dir)
    keyring = Keyring.load(settings.keys_dir, Part.FRONT)
    refuse_other_keys(keyring, run_dir(settings.data_dir, Part.FRONT))
    stores = FrontStores.at(settings.data_dir / "stores", settings.store_urls)
    bring_up_to_date(stores, Part.FRONT)
    return wire_front(settings, stores, keyring, clock)


def wire_front(
    settings: Settings, stores: FrontStores, keyring: Keyring, clock: Clock = now
) -> Front:
    """Return the rooms of the front over stores that are open and up to date."""
    surveys = Surveys(stores.office, NoLog(), clock)
    tombstones = Tombstones(settings.data_dir / "tombstones", keyring.secret("tombstones"))
    drafts = Drafts(stores.drafts, keyring)
    inbox = Letterbox(stores.inbox, keyring)
    consents = ConsentsByCode(stores.vault, keyring)
    answers = AnswersByCode(stores.answers, keyring)
    invitations = Invitations(
        stores.office, keyring, NoLog(), clock, vault=stores.vault, inbox=stores.inbox
    )
    collection = Collection(
        surveys,
        drafts,
        inbox,
        consents,
        answers,
        tombstones,
        None,
        invitations,
        clock,
        settles_itself=False,
    )
    releases = PublicReleases(stores.office)
    rights = Rights(
        stores,
        surveys,
        drafts,
        inbox,
        consents,
        answers,
        FreezesElsewhere(stores.answers),
        tombstones,
        Ballast(stores),
        clock,
        published=releases.published_now,
    )
    return Front(
        settings=settings,
        stores=stores,
        clock=clock,
        surveys=surveys,
        collection=collection,
        invitations=invitations,
        rights=rights,
        releases=releases,
        receipts=Receipts(
            surveys,
            inbox,
            Changes(stores.inbox, inbox),
            consents,
            keyring,
            settings.public_url,
        ),
        assisted=AssistedAtFront(
            Windows(stores.drafts),
            DeskElsewhere(
                KeptLoans(stores.drafts), LoanSeals(keyring.secret("device-loans")), clock
            ),
            Passwords(),
            collection,
            rights,
            clock,
        ),
    )
