"""Where a signed-in person can go: one list, shown by permission and as far as it exists."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from survey_service.problems import N_
from survey_service.web.context import Connection
from survey_service.web.permissions import Access, Permission, may

if TYPE_CHECKING:
    from survey_service.accounts.people import Person


@dataclass(frozen=True)
class Place:
    """A page of the office: where, what it is called, and what one comes to do there."""

    path: str
    label: str
    purpose: str
    permission: Permission | Access


PLACES = (
    Place(
        "/office/assist",
        N_("Help somebody answer"),
        N_("Begin an interview for a new person, and lend your device."),
        Permission.INTERVIEWS_ASSIST,
    ),
    Place(
        "/office/assist-counts",
        N_("My interviews"),
        N_("How many people you have helped, in rounded numbers."),
        Permission.INTERVIEWS_ASSIST,
    ),
    Place(
        "/office/assist-slips",
        N_("Slips to hand out"),
        N_("Print invitation slips that a coordinator has handed to you."),
        Permission.SLIPS_PRINT,
    ),
    Place(
        "/office/surveys",
        N_("Surveys"),
        N_("Waves of field work: open them and close them."),
        Permission.SURVEYS_READ,
    ),
    Place(
        "/office/questionnaires",
        N_("Questionnaires"),
        N_("Upload, preview and compare versions, and prepare a wave."),
        Permission.SURVEYS_READ,
    ),
    Place(
        "/office/code-lists",
        N_("Code lists"),
        N_("Municipalities and other lists that change over the years."),
        Permission.SURVEYS_READ,
    ),
    Place(
        "/office/progress",
        N_("Progress"),
        N_("How many have answered so far, in rounded numbers."),
        Permission.PROGRESS_READ,
    ),
    Place(
        "/office/catalogue",
        N_("Variables"),
        N_("What was asked, with all answer codes. Start here to ask for a table."),
        Permission.CATALOGUE_READ,
    ),
    Place(
        "/office/requests",
        N_("My requests"),
        N_("Tables you asked for, and what became of them."),
        Permission.REQUESTS_WRITE,
    ),
    Place(
        "/office/safe-files",
        N_("Safe files"),
        N_("Records for your project, where no table will do."),
        Permission.REQUESTS_WRITE,
    ),
    Place(
        "/office/checks",
        N_("Checks"),
        N_("Tables that wait for a second pair of eyes."),
        Permission.CHECKS_READ,
    ),
    Place(
        "/office/safe-file-checks",
        N_("Checks of safe files"),
        N_("Files of records that wait for a second pair of eyes."),
        Permission.CHECKS_READ,
    ),
    Place(
        "/office/plan",
        N_("Release plan"),
        N_("The tables that every wave publishes, and where each stands."),
        Permission.PLAN_READ,
    ),
    Place(
        "/office/releases",
        N_("Published tables"),
        N_("What everybody can see. Take a table back if you must."),
        Permission.RELEASES_REVOKE,
    ),
    Place(
        "/office/rules",
        N_("Rules of release"),
        N_("How each wave's tables are protected. What a coordinator proposed waits for you."),
        Permission.RULES_DECIDE,
    ),
    Place(
        "/office/audit-log",
        N_("Audit log"),
        N_("Who did what, when. Verify that nothing was changed since."),
        Permission.AUDIT_LOG_READ,
    ),
    Place(
        "/office/counts",
        N_("Counts"),
        N_("Whether the stores hold what the log says was settled, no row less and no row more."),
        Permission.AUDIT_LOG_VERIFY,
    ),
    Place(
        "/office/contact-lists",
        N_("Being asked again"),
        N_("Contacts of people who agreed to it: for a week, with a second person's yes."),
        Permission.CONTACTS_DECIDE,
    ),
    Place(
        "/office/escrow",
        N_("Lost codes"),
        N_("Where two officers may find a code: who they are, and requests to find one."),
        Permission.ESCROW_DECIDE,
    ),
    Place(
        "/office/consents",
        N_("Consents"),
        N_("What people agreed to, in rounded numbers."),
        Permission.CONSENT_STATISTICS_READ,
    ),
    Place(
        "/office/separation",
        N_("Separation"),
        N_("Whether what both stores know could tell somebody apart."),
        Permission.CONSENT_STATISTICS_READ,
    ),
    Place(
        "/office/accounts",
        N_("Accounts"),
        N_("Who works here, and in which role."),
        Permission.ACCOUNTS_WRITE,
    ),
    Place(
        "/office/health",
        N_("Health"),
        N_("Whether stores, keys and backups are in order."),
        Permission.HEALTH_READ,
    ),
    Place(
        "/office/retention",
        N_("Retention"),
        N_("What is kept until when, what was erased, and the certificates of it."),
        Permission.RETENTION_READ,
    ),
    Place(
        "/office/ceremonies",
        N_("Ceremonies"),
        N_("Keys that two people replace or destroy together."),
        Permission.CEREMONIES_READ,
    ),
    Place(
        "/office/account",
        N_("My account"),
        N_("Access for programmes, and signing out."),
        Access.SIGNED_IN,
    ),
)


def navigation(connection: Connection, person: "Person | None") -> Sequence[Place]:
    """The places that the person may go to and that have a page."""
    if person is None:
        return ()
    paths = {route.path for route in connection.scope["litestar_app"].routes}
    return tuple(
        place
        for place in PLACES
        if place.path in paths
        and (not isinstance(place.permission, Permission) or may(person, place.permission))
    )
