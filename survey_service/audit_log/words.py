"""The log's closed vocabulary in plain words."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.audit import Act, ObjectType, Outcome, Purpose
from survey_service.audit_log.checking import Finding
from survey_service.problems import N_

ACT_WORDS: Mapping[Act, str] = {
    Act.SIGN_IN: N_("Signed in"),
    Act.SIGN_IN_FAILED: N_("A sign-in failed"),
    Act.SIGN_OUT: N_("Signed out"),
    Act.SESSIONS_ENDED: N_("Signed out everywhere"),
    Act.SECOND_FACTOR_ENROLLED: N_("Set up a password and one-time codes"),
    Act.ACCOUNTS_READ: N_("Read the list of accounts"),
    Act.ACCOUNT_CREATED: N_("Created an account"),
    Act.ACCOUNT_RENEWED: N_("Renewed an account: new one-time password"),
    Act.ACCOUNT_DEACTIVATED: N_("Deactivated an account"),
    Act.TOKEN_CREATED: N_("Created a token for a programme"),
    Act.TOKEN_REVOKED: N_("Revoked a token"),
    Act.PERMISSION_DENIED: N_("Tried something the role does not allow"),
    Act.QUESTIONNAIRE_STORED: N_("Stored a questionnaire"),
    Act.QUESTIONNAIRE_CHECKED: N_("Checked a file with a questionnaire"),
    Act.QUESTIONNAIRE_READ: N_("Read or exported a questionnaire"),
    Act.QUESTIONNAIRE_PREVIEWED: N_("Began a preview of a questionnaire"),
    Act.CODE_LIST_STORED: N_("Stored a code list"),
    Act.NOTICE_CHANGED: N_("Put another notice into force"),
    Act.NOTICE_STORED: N_("Stored a notice"),
    Act.POLICY_PROPOSED: N_("Proposed how tables are protected"),
    Act.POLICY_DECLINED: N_("Declined how tables should be protected"),
    Act.POLICY_STORED: N_("Stored a protection policy"),
    Act.WAVE_DRAFTED: N_("Prepared a wave"),
    Act.WAVE_SETTINGS_CHANGED: N_("Changed the settings of a wave in draft"),
    Act.WAVE_WARNINGS_ACCEPTED: N_("Accepted warnings before opening a wave, with a reason"),
    Act.WAVE_OPENED: N_("Opened a wave"),
    Act.WAVE_CLOSED: N_("Closed a wave"),
    Act.WAVE_ARCHIVED: N_("Archived a wave"),
    Act.WAVE_SETTLED: N_("Settled waiting submissions, many at once"),
    Act.WAVE_REWRITTEN: N_("Rewrote the rows of a wave in random order"),
    Act.WAVE_FROZEN: N_("Froze a wave for statistics"),
    Act.FREEZE_DESTROYED: N_("Destroyed a freeze"),
    Act.ERASURES_BATCHED: N_("Carried out erasures that people asked for"),
    Act.RIGHTS_BATCHED: N_("Told what respondents did with their codes, in tens"),
    Act.PROGRESS_READ: N_("Read rounded progress"),
    Act.INTERVIEWS_ASSISTED: N_("Interviews with help on one day"),
    Act.STATISTICS_READ: N_("Read rounded consent statistics"),
    Act.RISK_PREVIEWED: N_("Looked at what a questionnaire could reveal"),
    Act.REQUEST_SUBMITTED: N_("Asked for a table"),
    Act.REQUEST_REFUSED: N_("A request was not released"),
    Act.REQUEST_UNDER_REVIEW: N_("A request went under review"),
    Act.REVIEW_READ: N_("Looked at a table, protected and unprotected"),
    Act.VOTE_CAST: N_("Voted on a table"),
    Act.RELEASE_PUBLISHED: N_("A table was released to the public"),
    Act.RELEASE_REVOKED: N_("A release was revoked"),
    Act.SAFE_FILE_ASKED: N_("Asked for a safe file"),
    Act.SAFE_FILE_REFUSED: N_("A safe file could not be made"),
    Act.SAFE_FILE_APPROVED: N_("A safe file was approved"),
    Act.SAFE_FILE_FETCHED: N_("Fetched a safe file or its report"),
    Act.LOG_READ: N_("Read this log"),
    Act.LOG_EXPORTED: N_("Exported this log"),
    Act.LOG_VERIFIED: N_("Verified this log"),
    Act.LOG_COMPARED: N_("Compared this log with a saved checkpoint"),
    Act.LOG_PROVED: N_("Took a proof from this log"),
    Act.CHECKPOINT_MADE: N_("Took a checkpoint of this log"),
    Act.DETAIL_ERASED: N_("Erased the reason beside an entry"),
    Act.KEYS_MADE: N_("Made keys"),
    Act.KEYS_ROTATED: N_("Replaced a key"),
    Act.KEYS_DESTROYED: N_("Destroyed keys"),
    Act.CEREMONIES_READ: N_("Read the list of ceremonies"),
    Act.CEREMONY_PROPOSED: N_("Proposed a ceremony"),
    Act.CEREMONY_CONFIRMED: N_("Confirmed a ceremony"),
    Act.CEREMONY_DECLINED: N_("Declined a ceremony"),
    Act.RETENTION_READ: N_("Read what is due to be erased"),
    Act.CERTIFICATE_FETCHED: N_("Fetched a certificate of erasure"),
    Act.HEALTH_READ: N_("Looked at the state of stores, keys and backups"),
    Act.BACKUP_MADE: N_("Made a backup"),
    Act.BACKUP_RESTORED: N_("Restored a backup"),
}

OBJECT_WORDS: Mapping[ObjectType, str] = {
    ObjectType.LOG: N_("this log"),
    ObjectType.ENTRY: N_("entry"),
    ObjectType.CHECKPOINT: N_("checkpoint"),
    ObjectType.ACCOUNT: N_("account"),
    ObjectType.SESSION: N_("session"),
    ObjectType.TOKEN: N_("token"),
    ObjectType.SURVEY: N_("survey"),
    ObjectType.QUESTIONNAIRE: N_("questionnaire"),
    ObjectType.CODE_LIST: N_("code list"),
    ObjectType.NOTICE: N_("notice"),
    ObjectType.POLICY: N_("policy"),
    ObjectType.WAVE: N_("wave"),
    ObjectType.FREEZE: N_("freeze"),
    ObjectType.REQUEST: N_("request"),
    ObjectType.RELEASE: N_("release"),
    ObjectType.SAFE_FILE: N_("safe file"),
    ObjectType.KEYS: N_("keys"),
    ObjectType.STORE: N_("store"),
    ObjectType.BACKUP: N_("backup"),
    ObjectType.CEREMONY: N_("ceremony"),
    ObjectType.CERTIFICATE: N_("certificate of erasure"),
    ObjectType.PAGE: N_("page"),
}

PURPOSE_WORDS: Mapping[Purpose, str] = {
    Purpose.STAFF_ACCESS: N_("access of staff"),
    Purpose.ADMINISTRATION: N_("administration"),
    Purpose.FIELD_WORK: N_("field work"),
    Purpose.STATISTICS: N_("statistics"),
    Purpose.DISCLOSURE_CONTROL: N_("protection of tables"),
    Purpose.OVERSIGHT: N_("oversight"),
    Purpose.RESPONDENT_RIGHTS: N_("rights of respondents"),
    Purpose.OPERATION: N_("running the platform"),
    Purpose.DEMONSTRATION: N_("demonstration"),
}

OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.OK: N_("done"),
    Outcome.DENIED: N_("refused"),
    Outcome.ERROR: N_("failed"),
    Outcome.INTENT: N_("begun"),
}

# Each is one sentence about what is wrong; the places are filled with entry numbers.
FINDING_WORDS: Mapping[Finding, str] = {
    Finding.GAP: N_("Entry %(first)s is missing."),
    Finding.ENTRY_CHANGED: N_("Entry %(first)s was changed after it was written."),
    Finding.NOT_AN_ENTRY: N_("What stands at entry %(first)s is not what was written there."),
    Finding.TIME_BACKWARDS: N_("Entry %(first)s carries an earlier time than the one before it."),
    Finding.TREE_CHANGED: N_("Something in entries %(first)s to %(last)s was changed or replaced."),
    Finding.SEARCH_CHANGED: N_("The search table does not tell of entry %(first)s what it says."),
    Finding.DETAIL_CHANGED: N_("The reason beside entry %(first)s is not the one given."),
    Finding.DETAIL_MISSING: N_("The reason beside entry %(first)s is gone without an erasure."),
    Finding.CHECKPOINT_DIFFERS: N_(
        "Entries %(first)s to %(last)s are not those that a signed checkpoint was made over."
    ),
    Finding.CHECKPOINT_NOT_OURS: N_("A checkpoint does not carry this log's signature."),
    Finding.SHORTER_THAN_CHECKPOINT: N_(
        "The log ends before entry %(first)s, but a signed checkpoint covers more: it was cut off."
    ),
}

# What entries count and what they take fingerprints of, by the names that lie in the log.
COUNT_WORDS: Mapping[str, str] = {
    "cells": N_("Cells"),
    "checkpoints": N_("Checkpoints"),
    "days": N_("Days of validity"),
    "entries": N_("Entries"),
    "first_bad": N_("First entry that does not fit"),
    "last_bad": N_("Last entry that does not fit"),
    "old_size": N_("Entries in the earlier log"),
    "corrected_floored_to_ten": N_("Corrections, rounded down to ten"),
    "erased_floored_to_ten": N_("Erasures, rounded down to ten"),
    "purpose_withdrawn_floored_to_ten": N_("Purposes withdrawn, rounded down to ten"),
    "restricted_floored_to_ten": N_("Restrictions, rounded down to ten"),
    "restriction_lifted_floored_to_ten": N_("Restrictions lifted, rounded down to ten"),
    "rows_floored_to_ten": N_("Rows, rounded down to ten"),
    "saved_size": N_("Entries under the saved checkpoint"),
    "scopes": N_("Permissions of the token"),
    "settled_floored_to_ten": N_("Settled submissions, rounded down to ten"),
    "refused": N_("Refused rows"),
    "warnings": N_("Warnings"),
    "unmixed": N_("Too few to be mixed (1 means yes)"),
}

HASH_WORDS: Mapping[str, str] = {
    "certificate": N_("Fingerprint of the certificate"),
    "code_lists": N_("Fingerprint of the code lists"),
    "consent_records": N_("Fingerprint of the consent records"),
    "document": N_("Fingerprint of the document"),
    "file": N_("Fingerprint of the file"),
    "notice": N_("Fingerprint of the notice"),
    "question": N_("Fingerprint of what was asked"),
    "report": N_("Fingerprint of the report"),
    "settings": N_("Fingerprint of the settings"),
    "manifest": N_("Fingerprint of the backup's manifest"),
    "table": N_("Fingerprint of the table"),
    "tombstones": N_("Fingerprint of the list of erasures"),
}
