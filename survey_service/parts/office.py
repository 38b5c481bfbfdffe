"""The office: staff's pages. It reaches no vault, no inbox, and of the answers the freezes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from survey_service.accounts.people import Person
from survey_service.accounts.service import Accounts
from survey_service.answers.by_code import AnswerCounts
from survey_service.answers.freezes import KeptFreezes
from survey_service.assisted.counting import Counting
from survey_service.assisted.lending import LONGEST_INTERVIEW, Lending
from survey_service.assisted.loans import LoanSeals
from survey_service.audit_log.service import AuditLog
from survey_service.backups.making import Backups, copied_by
from survey_service.backups.moments import AfterAnothers
from survey_service.backups.restoring import refuse_half_restored
from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.ceremonies.destroying import AuditReferences
from survey_service.ceremonies.service import Ceremonies
from survey_service.clock import Clock, now
from survey_service.collection.previews import Previews
from survey_service.contact_lists.service import ContactLists
from survey_service.escrow.choosing import Choosing
from survey_service.escrow.service import LostCodes
from survey_service.field_work import FieldWork
from survey_service.health.service import HealthOffice
from survey_service.invitations.handed import Handed
from survey_service.invitations.service import Invitations
from survey_service.lock import run_dir
from survey_service.parts.opening import bring_up_to_date
from survey_service.parts.reports import Reports
from survey_service.parts.told import ContentTold, HeldByParts, StockTold, ToldByParts
from survey_service.quotas.service import Quotas
from survey_service.releases.desk import Limits
from survey_service.releases.release_plan import INDICATORS
from survey_service.releases.service import Releases
from survey_service.retention.certificates import KeptCertificates
from survey_service.safe_files.service import SafeFiles
from survey_service.settings import Settings
from survey_service.stores.epochs import Epochs
from survey_service.stores.key_checks import refuse_other_keys
from survey_service.stores.keyring import Keyring
from survey_service.stores.parts import REPLACED_BY, Part
from survey_service.stores.stores import OfficeStores
from survey_service.surveys.notices import Notices
from survey_service.surveys.service import Surveys
from survey_service.surveys.waves import Wave, WaveState


class FieldWorkApart(FieldWork):
    """A coordinator's waves where another part settles them: it sees that one has closed."""

    def __init__(
        self,
        surveys: Surveys,
        answers: AnswerCounts,
        audit: AuditLog,
        quotas: Quotas,
        waiting: Callable[[str], int],
    ) -> None:
        self._surveys = surveys
        self._answers = answers
        self._audit = audit
        self._quotas = quotas
        self._waiting = waiting

    def close_wave_now(self, wave_id: str, person: Person | None = None) -> Wave:
        """Close a wave: nobody can submit; settle does the rest within seconds."""
        return self._surveys.move_now(wave_id, WaveState.CLOSED, person)

    def _finish_archiving(self, wave: Wave) -> None:
        """Nothing: settle destroys the freezes of what was archived."""


@dataclass(frozen=True)
class Office:
    """The rooms of staff."""

    settings: Settings
    stores: OfficeStores
    keyring: Keyring
    clock: Clock
    audit: AuditLog
    accounts: Accounts
    assisted: Lending
    surveys: Surveys
    notices: Notices
    invitations: Invitations
    handed: Handed
    quotas: Quotas
    field_work: FieldWork
    freezes: KeptFreezes
    releases: Releases
    safe_files: SafeFiles
    contact_lists: ContactLists
    previews: Previews
    certificates: KeptCertificates
    ceremonies: Ceremonies
    health: HealthOffice
    content: ContentTold
    stock: StockTold
    escrow: Choosing
    lost_codes: LostCodes
    backups: Backups

    def close(self) -> None:
        """Finish the writes that wait and let go of the stores."""
        self.stores.close()


def open_office(settings: Settings, clock: Clock = now) -> Office:
    """Open what the office may reach, and wire its rooms.

    Raises:
        StoreRefused: a key is missing, one is there that must not be, or a store is out of date.
    """
    refuse_half_restored(settings.data_dir)
    keyring = Keyring.load(settings.keys_dir, Part.OFFICE)
    refuse_other_keys(keyring, run_dir(settings.data_dir, Part.OFFICE))
    stores = OfficeStores.at(settings.data_dir / "stores", settings.store_urls)
    bring_up_to_date(stores, Part.OFFICE)
    return wire_office(settings, stores, keyring, clock)


def wire_office(
    settings: Settings,
    stores: OfficeStores,
    keyring: Keyring,
    clock: Clock = now,
    limits: Limits | None = None,
) -> Office:
    """Return the rooms of the office over stores that are open and up to date."""
    audit = AuditLog(stores.audit, keyring, clock)
    surveys = Surveys(stores.office, audit, clock)
    notices = Notices(stores.office, surveys, audit, clock)
    freezes = KeptFreezes(stores.answers, stores.keys, keyring)
    releases = Releases(
        stores.office, freezes, surveys, audit, keyring, clock, limits=limits, plan=INDICATORS
    )
    accounts = Accounts(stores.office, audit, keyring, clock, LONGEST_INTERVIEW)
    reports = Reports(stores.office, clock)
    epochs = Epochs(stores.keys, keyring)
    told = ToldByParts(reports, epochs.all, clock)
    carrying_out = CarryingOut(
        stores,
        keyring,
        epochs,
        audit,
        clock,
        (AuditReferences(keyring, told.kept),),
        REPLACED_BY[Part.OFFICE],
    )
    invitations = Invitations(stores.office, keyring, audit, clock)
    quotas = Quotas(stores.office, audit)
    return Office(
        settings=settings,
        stores=stores,
        keyring=keyring,
        clock=clock,
        audit=audit,
        accounts=accounts,
        assisted=Lending(
            LoanSeals(keyring.secret("device-loans")),
            accounts.sessions,
            Counting(stores.office, audit),
            clock,
        ),
        surveys=surveys,
        notices=notices,
        invitations=invitations,
        handed=Handed(stores.office, accounts, invitations, audit, clock),
        quotas=quotas,
        field_work=FieldWorkApart(
            surveys, AnswerCounts(stores.answers), audit, quotas, releases.waiting_now
        ),
        freezes=freezes,
        releases=releases,
        safe_files=SafeFiles(releases.desk),
        contact_lists=ContactLists(stores.office, surveys, audit, clock),
        previews=Previews(
            surveys.library,
            surveys.media,
            stores.office,
            audit,
            clock,
            surveys.notices.all_now,
        ),
        certificates=KeptCertificates(stores.office, audit),
        ceremonies=Ceremonies(stores.office, HeldByParts(carrying_out, told), audit, clock),
        health=HealthOffice(told.look, audit),
        content=ContentTold(reports, surveys, audit),
        stock=StockTold(reports, audit),
        escrow=Choosing(stores.office, surveys, notices, audit, clock),
        lost_codes=LostCodes(stores.office, surveys, audit, clock),
        backups=Backups(
            stores,
            None,
            audit,
            clock,
            AfterAnothers(audit, clock, copied_by(Part.OFFICE)),
            Part.OFFICE,
        ),
    )
