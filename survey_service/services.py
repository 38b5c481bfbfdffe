"""Everything the handlers and commands use, wired once."""

from __future__ import annotations

from dataclasses import dataclass

from survey_service.accounts.service import Accounts
from survey_service.answers.freezes import Freezes
from survey_service.answers.service import Answers
from survey_service.assisted.beginning import AssistedHere
from survey_service.assisted.counting import Counting
from survey_service.assisted.desks import DeskHere
from survey_service.assisted.windows import Windows
from survey_service.audit_log.service import AuditLog
from survey_service.backups.keys_fit import refuse_foreign
from survey_service.backups.making import Backups
from survey_service.backups.moments import BetweenSettles
from survey_service.backups.restoring import refuse_half_restored
from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.ceremonies.destroying import AuditReferences, RowKeysOfSurveys
from survey_service.ceremonies.service import Ceremonies
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
from survey_service.collection.previews import Previews
from survey_service.collection.service import Collection
from survey_service.collection.settle import Settle
from survey_service.collection.stocktaking import Stocktaking
from survey_service.consent.service import Consents
from survey_service.contact_lists.service import ContactLists
from survey_service.escrow.choosing import Choosing
from survey_service.escrow.service import LostCodes
from survey_service.field_work import FieldWork
from survey_service.health.service import HealthOffice, state_of
from survey_service.invitations.destroying import OnceKeysOfSurveys
from survey_service.invitations.handed import Handed
from survey_service.invitations.service import Invitations
from survey_service.quotas.service import Quotas
from survey_service.releases.desk import DEMONSTRATION_TICK, Limits
from survey_service.releases.release_plan import DEMONSTRATED, INDICATORS
from survey_service.releases.service import Releases
from survey_service.retention.certificates import Certificates
from survey_service.rights.receipts import Receipts
from survey_service.rights.service import Rights
from survey_service.safe_files.service import SafeFiles
from survey_service.settings import Settings
from survey_service.stores.ballast import Ballast
from survey_service.stores.epochs import Epochs
from survey_service.stores.key_checks import refuse_lost_keys, refuse_other_keys
from survey_service.stores.keyring import Keyring, names_in
from survey_service.stores.migrate import upgrade
from survey_service.stores.stores import Stores, is_in_use
from survey_service.stores.tombstones import Tombstones
from survey_service.surveys.notices import Notices
from survey_service.surveys.service import Surveys


@dataclass(frozen=True)
class Services:
    """The rooms' use cases over one set of stores."""

    settings: Settings
    stores: Stores
    keyring: Keyring
    clock: Clock
    audit: AuditLog
    accounts: Accounts
    surveys: Surveys
    notices: Notices
    collection: Collection
    invitations: Invitations
    handed: Handed
    quotas: Quotas
    previews: Previews
    field_work: FieldWork
    content: ContentClasses
    stock: Stocktaking
    contact_lists: ContactLists
    vault_reports: VaultReports
    escrow: Choosing
    lost_codes: LostCodes
    rights: Rights
    assisted: AssistedHere
    receipts: Receipts
    answers: Answers
    freezes: Freezes
    releases: Releases
    safe_files: SafeFiles
    maintenance: Maintenance
    ceremonies: Ceremonies
    backups: Backups
    certificates: Certificates
    health: HealthOffice

    def close(self) -> None:
        """Finish the writes that wait and let go of the stores."""
        self.stores.close()


def open_services(
    settings: Settings,
    *,
    clock: Clock = now,
    create: bool = False,
    settles_itself: bool = True,
) -> Services:
    """Open the stores of an installation, bring them up to date, and wire the rooms.

    With `settles_itself=False` what waits is settled by the hourly run only.

    Raises:
        StoreRefused: a key is missing or is another installation's, so nothing may be opened.
    """
    refuse_half_restored(settings.data_dir)
    if create:
        refuse_lost_keys(settings.data_dir, names_in(settings.keys_dir))
    in_use = is_in_use(settings.data_dir / "stores")
    keyring = (
        Keyring.create(settings.keys_dir, in_use=in_use)
        if create
        else Keyring.load(settings.keys_dir)
    )
    refuse_other_keys(keyring, settings.data_dir)
    stores = Stores.at(settings.data_dir / "stores", settings.store_urls)
    for store in stores:
        upgrade(store)
    refuse_foreign(stores.keys, keyring)
    return wire(settings, stores, keyring, clock, settles_itself=settles_itself)


def wire(
    settings: Settings,
    stores: Stores,
    keyring: Keyring,
    clock: Clock = now,
    *,
    settles_itself: bool = True,
) -> Services:
    """Return the rooms over stores that are open and up to date."""
    audit = AuditLog(stores.audit, keyring, clock)
    surveys = Surveys(stores.office, audit, clock)
    tombstones = Tombstones(settings.data_dir / "tombstones", keyring.secret("tombstones"))
    ballast = Ballast(stores)
    drafts = Drafts(stores.drafts, keyring)
    inbox = Inbox(stores.inbox, stores.keys, keyring)
    consents = Consents(stores.vault, stores.keys, keyring)
    invitations = Invitations(
        stores.office, keyring, audit, clock, vault=stores.vault, inbox=stores.inbox
    )
    answers = Answers(stores.answers, stores.keys, keyring)
    freezes = Freezes(stores.answers, stores.keys, keyring, answers)
    quotas = Quotas(stores.office, audit, answers)
    settle = Settle(stores, inbox, consents, answers, tombstones, audit, counting=quotas)
    hand_over = HandOver(
        stores,
        inbox,
        Changes(stores.inbox, inbox),
        Marks(stores.inbox),
        consents,
        answers,
        freezes,
        settle,
        audit,
        clock,
    )
    releases = Releases(
        stores.office,
        freezes,
        surveys,
        audit,
        keyring,
        clock,
        limits=Limits(tick=DEMONSTRATION_TICK) if settings.demonstration else None,
        demonstration=settings.demonstration,
        plan=DEMONSTRATED if settings.demonstration else INDICATORS,
    )
    epochs = Epochs(stores.keys, keyring)
    certificates = Certificates(stores.office, audit, tombstones, clock)
    maintenance = Maintenance(
        surveys,
        settle,
        hand_over,
        drafts,
        consents,
        answers,
        freezes,
        tombstones,
        ballast,
        audit,
        clock,
        certificates,
        invitations,
    )
    collection = Collection(
        surveys,
        drafts,
        inbox,
        consents,
        answers,
        tombstones,
        settle,
        invitations,
        clock,
        settles_itself=settles_itself,
    )
    rights = Rights(
        stores,
        surveys,
        drafts,
        inbox,
        consents,
        answers,
        freezes,
        tombstones,
        ballast,
        clock,
        serve=hand_over.serve,
        published=releases.published_now,
    )
    accounts = Accounts(stores.office, audit, keyring, clock)
    withdrawn = hand_over.withdrawn_now
    search = LostCodeSearch(stores, surveys, consents, settle, withdrawn, keyring, audit, clock)
    reports = VaultReports(stores.office, surveys, consents, withdrawn, audit, clock, search)
    notices = Notices(stores.office, surveys, audit, clock)
    windows, counting = Windows(stores.drafts), Counting(stores.office, audit)
    return Services(
        settings=settings,
        stores=stores,
        keyring=keyring,
        clock=clock,
        audit=audit,
        accounts=accounts,
        surveys=surveys,
        notices=notices,
        collection=collection,
        invitations=invitations,
        previews=Previews(
            surveys.library,
            surveys.media,
            stores.office,
            audit,
            clock,
            surveys.notices.all_now,
        ),
        handed=Handed(stores.office, accounts, invitations, audit, clock),
        quotas=quotas,
        field_work=FieldWork(
            surveys, settle, answers, maintenance, audit, quotas, waiting=releases.waiting_now
        ),
        content=ContentClasses(surveys, consents, answers, audit),
        stock=Stocktaking(surveys, consents, answers, tombstones, settle, audit, stores.audit),
        contact_lists=ContactLists(
            stores.office, surveys, audit, clock, fresh=lambda: reports.look(anew=True)
        ),
        vault_reports=reports,
        escrow=Choosing(stores.office, surveys, notices, audit, clock),
        lost_codes=LostCodes(stores.office, surveys, audit, clock, fresh=reports.look),
        rights=rights,
        assisted=AssistedHere(
            windows,
            DeskHere(windows, accounts, counting, clock),
            counting,
            accounts.passwords,
            collection,
            rights,
            clock,
        ),
        receipts=Receipts(
            surveys,
            inbox,
            Changes(stores.inbox, inbox),
            consents,
            keyring,
            settings.public_url,
        ),
        answers=answers,
        freezes=freezes,
        releases=releases,
        safe_files=SafeFiles(releases.desk),
        maintenance=maintenance,
        certificates=certificates,
        health=HealthOffice(lambda: (state_of(stores, epochs), None), audit),
        backups=Backups(
            stores,
            tombstones,
            audit,
            clock,
            BetweenSettles(surveys, settle, hand_over, inbox, maintenance),
        ),
        ceremonies=Ceremonies(
            stores.office,
            CarryingOut(
                stores,
                keyring,
                epochs,
                audit,
                clock,
                (
                    RowKeysOfSurveys(surveys, freezes, stores.keys),
                    OnceKeysOfSurveys(surveys, invitations),
                    AuditReferences(keyring, lambda: bool(answers.tags() or consents.tags())),
                ),
            ),
            audit,
            clock,
        ),
    )
