"""The settle part: no page. It settles, rewrites, freezes, purges and finishes erasures.

It also does for the office's pages what only it can: ceremonies about its keys, rounded counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.assisted.kept_loans import KeptLoans
from survey_service.assisted.windows import Windows
from survey_service.audit_log.service import AuditLog
from survey_service.backups.keys_fit import refuse_foreign
from survey_service.backups.making import Backups
from survey_service.backups.moments import BetweenSettles
from survey_service.backups.restoring import refuse_half_restored
from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.ceremonies.destroying import RowKeysOfSurveys
from survey_service.clock import Clock, now
from survey_service.collection.changes import Changes
from survey_service.collection.contact_lists import VaultReports
from survey_service.collection.content_classes import ContentClasses
from survey_service.collection.drafts import Drafts
from survey_service.collection.hand_over import HandOver
from survey_service.collection.inbox import Inbox
from survey_service.collection.lost_codes import LostCodeSearch
from survey_service.collection.maintenance import Maintenance
from survey_service.collection.marks import Marks
from survey_service.collection.settle import Settle
from survey_service.collection.stocktaking import Stocktaking
from survey_service.collection.watch import Watch
from survey_service.consent.service import Consents
from survey_service.invitations.destroying import OnceKeysOfSurveys
from survey_service.invitations.service import Invitations
from survey_service.lock import run_dir
from survey_service.parts.opening import bring_up_to_date
from survey_service.parts.reports import Reports
from survey_service.parts.telling import Telling
from survey_service.quotas.service import Quotas
from survey_service.retention.certificates import Certificates
from survey_service.settings import Settings
from survey_service.stores.ballast import Ballast
from survey_service.stores.epochs import Epochs
from survey_service.stores.key_checks import refuse_other_keys
from survey_service.stores.keyring import Keyring
from survey_service.stores.parts import REPLACED_BY, Part
from survey_service.stores.stores import Stores
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.service import Surveys


@dataclass(frozen=True)
class SettlePart:
    """What runs by itself."""

    settings: Settings
    stores: Stores
    clock: Clock
    audit: AuditLog
    surveys: Surveys
    maintenance: Maintenance
    windows: Windows
    loans: KeptLoans
    watch: Watch
    reports: VaultReports
    telling: Telling
    stock: Stocktaking
    backups: Backups

    def purge_loans(self) -> None:
        """Delete windows that nobody closed and loans that are over."""
        self.windows.purge_now(self.clock().date())
        self.loans.purge_now(self.clock().date())

    def close(self) -> None:
        """Finish the writes that wait and let go of the stores."""
        self.stores.close()


def open_settle(settings: Settings, clock: Clock = now) -> SettlePart:
    """Open every store, and wire what runs by itself.

    Raises:
        StoreRefused: a key is missing, one is there that must not be, or a store is out of date.
    """
    refuse_half_restored(settings.data_dir)
    keyring = Keyring.load(settings.keys_dir, Part.SETTLE)
    refuse_other_keys(keyring, run_dir(settings.data_dir, Part.SETTLE))
    stores = Stores.at(settings.data_dir / "stores", settings.store_urls)
    bring_up_to_date(stores, Part.SETTLE)
    refuse_foreign(stores.keys, keyring)
    return wire_settle(settings, stores, keyring, clock)


def wire_settle(
    settings: Settings, stores: Stores, keyring: Keyring, clock: Clock = now
) -> SettlePart:
    """Return the settle part over stores that are open and up to date."""
    audit = AuditLog(stores.audit, keyring, clock)
    surveys = Surveys(stores.office, audit, clock)
    tombstones = Tombstones(settings.data_dir / "tombstones", keyring.secret("tombstones"))
    inbox = Inbox(stores.inbox, stores.keys, keyring)
    consents = Consents(stores.vault, stores.keys, keyring)
    answers = Answers(stores.answers, stores.keys, keyring)
    freezes = Freezes(stores.answers, stores.keys, keyring, answers)
    quotas = Quotas(stores.office, audit, answers)
    settle = Settle(stores, inbox, consents, answers, tombstones, audit, counting=quotas)
    marks = Marks(stores.inbox)
    epochs = Epochs(stores.keys, keyring)
    invitations = Invitations(
        stores.office, keyring, audit, clock, vault=stores.vault, inbox=stores.inbox
    )

    stock = Stocktaking(surveys, consents, answers, tombstones, settle, audit, stores.audit)

    def kept() -> bool:
        return bool(answers.tags() or consents.tags())

    hand_over = HandOver(
        stores,
        inbox,
        Changes(stores.inbox, inbox),
        marks,
        consents,
        answers,
        freezes,
        settle,
        audit,
        clock,
    )
    maintenance = Maintenance(
        surveys,
        settle,
        hand_over,
        Drafts(stores.drafts, keyring),
        consents,
        answers,
        freezes,
        tombstones,
        Ballast(stores),
        audit,
        clock,
        Certificates(stores.office, audit, tombstones, clock),
        invitations,
    )
    return SettlePart(
        settings=settings,
        stores=stores,
        clock=clock,
        audit=audit,
        surveys=surveys,
        maintenance=maintenance,
        windows=Windows(stores.drafts),
        loans=KeptLoans(stores.drafts),
        backups=Backups(
            stores,
            tombstones,
            audit,
            clock,
            BetweenSettles(surveys, settle, hand_over, inbox, maintenance),
            Part.SETTLE,
        ),
        watch=Watch(
            surveys,
            inbox,
            settle,
            hand_over,
            marks,
            consents,
            answers,
            freezes,
            maintenance,
        ),
        reports=VaultReports(
            stores.office,
            surveys,
            consents,
            hand_over.withdrawn_now,
            audit,
            clock,
            LostCodeSearch(
                stores,
                surveys,
                consents,
                settle,
                hand_over.withdrawn_now,
                keyring,
                audit,
                clock,
            ),
        ),
        stock=stock,
        telling=Telling(
            Reports(stores.office, clock),
            stores,
            epochs,
            CarryingOut(
                stores,
                keyring,
                epochs,
                audit,
                clock,
                (
                    RowKeysOfSurveys(surveys, freezes, stores.keys),
                    OnceKeysOfSurveys(surveys, invitations),
                ),
                REPLACED_BY[Part.SETTLE],
            ),
            ContentClasses(surveys, consents, answers, audit),
            stock,
            kept,
            clock,
        ),
    )
