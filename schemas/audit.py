"""What the audit log may say: closed vocabularies, and one entry as it is stored.

Every word here is closed, so that no name, answer or address can slip into an entry. What must
be said in free words (a reason) is kept beside the log, erasable, behind a commitment.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.vocabulary import Frozen, Role

SYSTEM = "system"
"""The actor of what nobody asked for: a schedule, a start, a command at the machine."""


class Act(StrEnum):
    """What was done. An act missing here cannot be logged, hence cannot be done."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    SESSIONS_ENDED = "sessions_ended"
    SECOND_FACTOR_ENROLLED = "second_factor_enrolled"
    ACCOUNTS_READ = "accounts_read"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_RENEWED = "account_renewed"
    ACCOUNT_DEACTIVATED = "account_deactivated"
    TOKEN_CREATED = "token_created"  # noqa: S105 - a word, no secret
    TOKEN_REVOKED = "token_revoked"  # noqa: S105
    PERMISSION_DENIED = "permission_denied"

    QUESTIONNAIRE_STORED = "questionnaire_stored"
    QUESTIONNAIRE_CHECKED = "questionnaire_checked"
    QUESTIONNAIRE_READ = "questionnaire_read"
    QUESTIONNAIRE_PREVIEWED = "questionnaire_previewed"
    MEDIA_STORED = "media_stored"
    CODE_LIST_STORED = "code_list_stored"
    NOTICE_STORED = "notice_stored"
    NOTICE_CHANGED = "notice_changed"
    SLIPS_MADE = "slips_made"
    SLIPS_REVOKED = "slips_revoked"
    SLIPS_HANDED = "slips_handed"
    SLIPS_TAKEN_BACK = "slips_taken_back"
    QUOTAS_SET = "quotas_set"
    POLICY_PROPOSED = "policy_proposed"
    POLICY_DECLINED = "policy_declined"
    POLICY_STORED = "policy_stored"
    WAVE_DRAFTED = "wave_drafted"
    WAVE_SETTINGS_CHANGED = "wave_settings_changed"
    WAVE_WARNINGS_ACCEPTED = "wave_warnings_accepted"
    WAVE_OPENED = "wave_opened"
    WAVE_CLOSED = "wave_closed"
    WAVE_ARCHIVED = "wave_archived"
    WAVE_SETTLED = "wave_settled"
    WAVE_REWRITTEN = "wave_rewritten"
    WAVE_FROZEN = "wave_frozen"
    FREEZE_DESTROYED = "freeze_destroyed"
    ERASURES_BATCHED = "erasures_batched"
    RIGHTS_BATCHED = "rights_batched"
    PROGRESS_READ = "progress_read"
    INTERVIEWS_ASSISTED = "interviews_assisted"
    STATISTICS_READ = "statistics_read"
    RISK_PREVIEWED = "risk_previewed"

    REQUEST_SUBMITTED = "request_submitted"
    REQUEST_REFUSED = "request_refused"
    REQUEST_UNDER_REVIEW = "request_under_review"
    REVIEW_READ = "review_read"
    VOTE_CAST = "vote_cast"
    RELEASE_PUBLISHED = "release_published"
    RELEASE_REVOKED = "release_revoked"

    SAFE_FILE_ASKED = "safe_file_asked"
    SAFE_FILE_REFUSED = "safe_file_refused"
    SAFE_FILE_APPROVED = "safe_file_approved"
    SAFE_FILE_FETCHED = "safe_file_fetched"

    CONTACT_LIST_ASKED = "contact_list_asked"
    CONTACT_LIST_GRANTED = "contact_list_granted"
    CONTACT_LIST_REFUSED = "contact_list_refused"
    CONTACT_LIST_SEALED = "contact_list_sealed"
    CONTACT_LIST_OPENED = "contact_list_opened"
    CONTACT_LIST_ENDED = "contact_list_ended"

    ESCROW_PROPOSED = "escrow_proposed"
    ESCROW_AGREED = "escrow_agreed"
    ESCROW_DECLINED = "escrow_declined"
    ESCROW_ASKED = "escrow_asked"
    ESCROW_GRANTED = "escrow_granted"
    ESCROW_REFUSED = "escrow_refused"
    ESCROW_SEALED = "escrow_sealed"
    ESCROW_FETCHED = "escrow_fetched"
    ESCROW_ENDED = "escrow_ended"

    LOG_READ = "log_read"
    LOG_EXPORTED = "log_exported"
    LOG_VERIFIED = "log_verified"
    LOG_COMPARED = "log_compared"
    LOG_PROVED = "log_proved"
    COUNTS_COMPARED = "counts_compared"
    CHECKPOINT_MADE = "checkpoint_made"
    DETAIL_ERASED = "detail_erased"

    KEYS_MADE = "keys_made"
    KEYS_ROTATED = "keys_rotated"
    KEYS_DESTROYED = "keys_destroyed"
    CEREMONIES_READ = "ceremonies_read"
    CEREMONY_PROPOSED = "ceremony_proposed"
    CEREMONY_CONFIRMED = "ceremony_confirmed"
    CEREMONY_DECLINED = "ceremony_declined"
    RETENTION_READ = "retention_read"
    CERTIFICATE_FETCHED = "certificate_fetched"
    HEALTH_READ = "health_read"
    BACKUP_MADE = "backup_made"
    BACKUP_RESTORED = "backup_restored"


class ObjectType(StrEnum):
    """What an act was done to."""

    LOG = "log"
    ENTRY = "entry"
    CHECKPOINT = "checkpoint"
    ACCOUNT = "account"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105
    SURVEY = "survey"
    QUESTIONNAIRE = "questionnaire"
    CODE_LIST = "code_list"
    NOTICE = "notice"
    POLICY = "policy"
    WAVE = "wave"
    FREEZE = "freeze"
    REQUEST = "request"
    RELEASE = "release"
    SAFE_FILE = "safe_file"
    CONTACT_LIST = "contact_list"
    ESCROW = "escrow"
    KEYS = "keys"
    STORE = "store"
    BACKUP = "backup"
    CEREMONY = "ceremony"
    CERTIFICATE = "certificate"
    PAGE = "page"


class Purpose(StrEnum):
    """Why it was done."""

    STAFF_ACCESS = "staff_access"
    ADMINISTRATION = "administration"
    FIELD_WORK = "field_work"
    STATISTICS = "statistics"
    DISCLOSURE_CONTROL = "disclosure_control"
    OVERSIGHT = "oversight"
    RESPONDENT_RIGHTS = "respondent_rights"
    OPERATION = "operation"
    DEMONSTRATION = "demonstration"


class Outcome(StrEnum):
    """How it went. `intent`: about to be done; another entry says how it ended."""

    OK = "ok"
    DENIED = "denied"
    ERROR = "error"
    INTENT = "intent"


Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
ObjectRef = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:/-]{0,120}$")]
Sha256Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
PersonRef = Annotated[str, StringConstraints(pattern=r"^(system|[0-9a-f]{32})$")]
Instant = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Count = Annotated[int, Field(ge=0, lt=2**53)]


class LoggedObject(Frozen):
    """The thing acted on: its type and a reference that names nobody."""

    type: ObjectType
    ref: ObjectRef


class LoggedEntry(Frozen):
    """One entry as it lies in the log; its canonical JSON is the leaf, byte for byte.

    `actor` and `session` are keyed references. `detail` commits to a reason kept beside the
    log. `clock` is "behind" where the machine's clock stood before the entry before. `key` is
    the generation of the key behind the references.
    """

    v: Literal[1] = 1
    seq: Annotated[int, Field(ge=0)]
    time: Instant
    clock: Literal["ok", "behind"] = "ok"
    actor: PersonRef
    role: Role | None
    session: PersonRef | None
    act: Act
    object: LoggedObject
    purpose: Purpose
    outcome: Outcome
    counts: dict[Word, Count]
    hashes: dict[Word, Sha256Hex]
    detail: Sha256Hex | None
    key: Annotated[int, Field(ge=1)]
