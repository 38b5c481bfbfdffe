"""Roles, permissions and states in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.vocabulary import Role
from survey_service.problems import N_
from survey_service.web.permissions import Permission

ROLE_WORDS: Mapping[Role, str] = {
    Role.MEDIATOR: N_("Mediator"),
    Role.COORDINATOR: N_("Coordinator"),
    Role.RESEARCHER: N_("Researcher"),
    Role.OUTPUT_CHECKER: N_("Output checker"),
    Role.DPO: N_("Data protection officer"),
    Role.ADMINISTRATOR: N_("Administrator"),
}

PERMISSION_WORDS: Mapping[Permission, str] = {
    Permission.SURVEYS_READ: N_("Read questionnaires, notices and waves"),
    Permission.SURVEYS_WRITE: N_("Store questionnaires and notices"),
    Permission.WAVES_RUN: N_("Open and close waves"),
    Permission.PROGRESS_READ: N_("Read rounded progress"),
    Permission.CATALOGUE_READ: N_("Read variables and codebook"),
    Permission.REQUESTS_WRITE: N_("Ask for tables and read the verdicts"),
    Permission.CHECKS_READ: N_("Read tables that wait for a check"),
    Permission.CHECKS_VOTE: N_("Vote on tables"),
    Permission.PLAN_READ: N_("Read the release plan"),
    Permission.RULES_PROPOSE: N_("Propose how tables are protected"),
    Permission.RULES_DECIDE: N_("Agree to how tables are protected"),
    Permission.RELEASES_REVOKE: N_("Take back a published table"),
    Permission.AUDIT_LOG_READ: N_("Read the audit log"),
    Permission.AUDIT_LOG_VERIFY: N_("Verify the audit log"),
    Permission.CONSENT_STATISTICS_READ: N_("Read rounded consent statistics"),
    Permission.ACCOUNTS_WRITE: N_("Create and deactivate accounts"),
    Permission.INTERVIEWS_ASSIST: N_("Help people to answer"),
    Permission.SLIPS_PRINT: N_("Print slips that a coordinator has handed over"),
    Permission.HEALTH_READ: N_("Read the state of stores, keys and backups"),
    Permission.CEREMONIES_READ: N_("Read the list of ceremonies"),
    Permission.CEREMONIES_PROPOSE: N_("Propose to replace or destroy keys"),
    Permission.CEREMONIES_CONFIRM: N_("Confirm that keys are replaced or destroyed"),
    Permission.CONTACTS_ASK: N_("Ask for people's contacts, to ask them again"),
    Permission.CONTACTS_DECIDE: N_("Agree that contacts are given out"),
    Permission.ESCROW_PROPOSE: N_("Propose who may find lost codes"),
    Permission.ESCROW_AGREE: N_("Agree who may find lost codes"),
    Permission.ESCROW_ASK: N_("Ask for somebody's lost code"),
    Permission.ESCROW_DECIDE: N_("Agree that a lost code is looked for"),
    Permission.RETENTION_READ: N_("Read what is due to be erased, and certificates of erasure"),
}

STATE_WORDS: Mapping[str, str] = {
    "invited": N_("Has not signed in yet"),
    "active": N_("Active"),
    "deactivated": N_("Deactivated"),
}
