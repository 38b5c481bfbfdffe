"""Every permission there is, who holds it, and how a route says which one it needs."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from schemas.vocabulary import Role

if TYPE_CHECKING:
    from survey_service.accounts.people import Person


class Permission(StrEnum):
    """What a signed-in person may do; a route names exactly one."""

    SURVEYS_READ = "surveys.read"
    SURVEYS_WRITE = "surveys.write"
    WAVES_RUN = "waves.run"
    PROGRESS_READ = "progress.read"
    CATALOGUE_READ = "catalogue.read"
    REQUESTS_WRITE = "requests.write"
    CHECKS_READ = "checks.read"
    CHECKS_VOTE = "checks.vote"
    PLAN_READ = "plan.read"
    RELEASES_REVOKE = "releases.revoke"
    RULES_PROPOSE = "rules.propose"
    RULES_DECIDE = "rules.decide"
    AUDIT_LOG_READ = "audit_log.read"
    AUDIT_LOG_VERIFY = "audit_log.verify"
    CONTACTS_ASK = "contacts.ask"
    CONTACTS_DECIDE = "contacts.decide"
    ESCROW_PROPOSE = "escrow.propose"
    ESCROW_AGREE = "escrow.agree"
    ESCROW_ASK = "escrow.ask"
    ESCROW_DECIDE = "escrow.decide"
    CONSENT_STATISTICS_READ = "consent_statistics.read"
    ACCOUNTS_WRITE = "accounts.write"
    HEALTH_READ = "health.read"
    CEREMONIES_READ = "ceremonies.read"
    CEREMONIES_PROPOSE = "ceremonies.propose"
    CEREMONIES_CONFIRM = "ceremonies.confirm"
    RETENTION_READ = "retention.read"
    INTERVIEWS_ASSIST = "interviews.assist"
    SLIPS_PRINT = "slips.print"


class Access(StrEnum):
    """What a route needs that is no permission of a role."""

    PUBLIC = "public"
    RESPONDENT = "respondent"
    SIGNED_IN = "signed_in"


PUBLIC = Access.PUBLIC
RESPONDENT = Access.RESPONDENT
SIGNED_IN = Access.SIGNED_IN

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.MEDIATOR: frozenset({Permission.INTERVIEWS_ASSIST, Permission.SLIPS_PRINT}),
    Role.COORDINATOR: frozenset(
        {
            Permission.CONTACTS_ASK,
            Permission.CONTACTS_DECIDE,
            Permission.ESCROW_PROPOSE,
            Permission.ESCROW_DECIDE,
            Permission.SURVEYS_READ,
            Permission.SURVEYS_WRITE,
            Permission.WAVES_RUN,
            Permission.PROGRESS_READ,
            Permission.PLAN_READ,
            Permission.RULES_PROPOSE,
        }
    ),
    Role.RESEARCHER: frozenset({Permission.CATALOGUE_READ, Permission.REQUESTS_WRITE}),
    Role.OUTPUT_CHECKER: frozenset(
        {Permission.CHECKS_READ, Permission.CHECKS_VOTE, Permission.PLAN_READ}
    ),
    Role.DPO: frozenset(
        {
            Permission.CONTACTS_DECIDE,
            Permission.ESCROW_AGREE,
            Permission.ESCROW_ASK,
            Permission.ESCROW_DECIDE,
            Permission.AUDIT_LOG_READ,
            Permission.AUDIT_LOG_VERIFY,
            Permission.CONSENT_STATISTICS_READ,
            Permission.RELEASES_REVOKE,
            Permission.RULES_DECIDE,
            Permission.CEREMONIES_READ,
            Permission.CEREMONIES_CONFIRM,
            Permission.RETENTION_READ,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNTS_WRITE,
            Permission.HEALTH_READ,
            Permission.CEREMONIES_READ,
            Permission.CEREMONIES_PROPOSE,
        }
    ),
}


FOR_PROGRAMMES: frozenset[Permission] = frozenset(
    {
        Permission.CATALOGUE_READ,
        Permission.REQUESTS_WRITE,
        Permission.CHECKS_READ,
        Permission.CHECKS_VOTE,
        Permission.AUDIT_LOG_READ,
        Permission.AUDIT_LOG_VERIFY,
    }
)
"""What documents for programmes need: a token for anything else would open nothing."""


def may(person: "Person | None", permission: Permission) -> bool:
    """Whether the person's role, and a token's scope where he came with one, include it."""
    return person is not None and person.holds(ROLE_PERMISSIONS[person.role], permission)


def needs(permission: Permission | Access) -> dict[str, Any]:
    """The keyword arguments that declare what a route handler needs."""
    return {"opt": {"permission": permission}}
