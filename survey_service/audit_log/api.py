"""The audit log for programmes: entries, checkpoints, proofs and checks."""

from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery, JSONBody, QueryParameter
from pydantic import Field, ValidationError

from schemas.audit import Act, ObjectType, Outcome, Purpose
from schemas.vocabulary import Frozen, Role
from survey_service.audit_log import oversight
from survey_service.audit_log.checking import Verification
from survey_service.audit_log.pages import download
from survey_service.audit_log.proving import Proof
from survey_service.audit_log.reading import LARGEST_PAGE, EntryFilter, EntryPage
from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.web.context import services_of, signed_in
from survey_service.web.permissions import Permission, needs

AnyRequest = Request[Any, Any, Any]
ROOT = "/api/v1/audit-log"
TAGS = ["Audit log"]
LARGEST_SEQ = 2**53
READ = needs(Permission.AUDIT_LOG_READ)
VERIFY = needs(Permission.AUDIT_LOG_VERIFY)
Place = Annotated[int, QueryParameter(ge=0, lt=LARGEST_SEQ)]


class CheckpointShown(Frozen):
    """A signed checkpoint and the key it is checked with."""

    note: str
    public_key: str


class ProvedEntry(Frozen):
    """An entry byte for byte, and the proof that it lies in the log."""

    entry: str
    proof: Proof


class CheckWish(Frozen):
    """What to check against: nothing, or a checkpoint that was saved elsewhere."""

    checkpoint: str | None = Field(default=None, max_length=oversight.LONGEST_PASTED)


class CheckShown(Frozen):
    """What a check found. `only_added_to` is null where no checkpoint was given."""

    sound: bool
    only_added_to: bool | None
    verification: Verification
    consistency: Proof | None
    logged_as: int | None


@get(f"{ROOT}/entries", tags=TAGS, summary="Entries, newest first", **READ)
async def entries(
    request: AnyRequest,
    act: FromQuery[Act | None] = None,
    actor: FromQuery[str | None] = None,
    role: FromQuery[Role | None] = None,
    object_type: FromQuery[ObjectType | None] = None,
    object_ref: FromQuery[str | None] = None,
    purpose: FromQuery[Purpose | None] = None,
    outcome: FromQuery[Outcome | None] = None,
    since: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
    before: Annotated[int | None, QueryParameter(ge=0, lt=LARGEST_SEQ)] = None,
    limit: Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE)] = 50,
) -> EntryPage:
    """A page of entries; `older` of one page is `before` of the next.

    `since` and `until` are instants like 2026-11-21T09:00:00Z; `actor` is a reference as it
    stands in the entries.
    """
    given = {
        "act": act,
        "actor": actor,
        "role": role,
        "object_type": object_type,
        "object_ref": object_ref,
        "purpose": purpose,
        "outcome": outcome,
        "since": since,
        "until": until,
    }
    try:
        wanted = EntryFilter.model_validate(given)
    except ValidationError as error:
        message = N_("It is not written as it must be.")
        places = {str(item["loc"][0]) for item in error.errors()}
        raise InvalidInput([FieldError(place, message) for place in sorted(places)]) from error
    person = signed_in(request)
    return await oversight.read(services_of(request).audit, person, wanted, before, limit)


@get(f"{ROOT}/checkpoint", tags=TAGS, summary="The signed checkpoint of now", **VERIFY)
async def checkpoint(request: AnyRequest) -> CheckpointShown:
    """A checkpoint to keep elsewhere (C2SP signed note)."""
    audit = services_of(request).audit
    note = await oversight.checkpoint(audit, signed_in(request))
    return CheckpointShown(note=note, public_key=audit.public_key)


@get(f"{ROOT}/consistency", tags=TAGS, summary="Proof that the log only grew", **VERIFY)
async def consistency(request: AnyRequest, old: Place) -> Proof:
    """The proof from the log's first `old` entries to the checkpoint of now (RFC 9162, 2.1.4)."""
    return await oversight.prove_growth(services_of(request).audit, signed_in(request), old)


@get(f"{ROOT}/inclusion", tags=TAGS, summary="Proof that an entry lies in the log", **VERIFY)
async def inclusion(request: AnyRequest, seq: Place) -> ProvedEntry:
    """One entry and its proof under the checkpoint of now (RFC 9162, 2.1.3)."""
    audit, person = services_of(request).audit, signed_in(request)
    proof = await oversight.prove_entry(audit, person, seq)
    raw = await audit.raw_entry(seq)
    return ProvedEntry(entry=(raw or b"").decode(), proof=proof)


@post(f"{ROOT}/verify", tags=TAGS, summary="Check the whole log", status_code=200, **VERIFY)
async def verify(request: AnyRequest, data: JSONBody[CheckWish]) -> CheckShown:
    """What recomputing the log found, and whether it only grew since a saved checkpoint."""
    audit, person = services_of(request).audit, signed_in(request)
    if data.checkpoint is None:
        checked = await oversight.verify(audit, person)
    else:
        checked = await oversight.compare(audit, person, data.checkpoint)
    compared = checked.comparison
    return CheckShown(
        sound=checked.verification.sound,
        only_added_to=compared.only_added_to if compared else None,
        verification=checked.verification,
        consistency=compared.proof if compared else None,
        logged_as=checked.seq,
    )


@get(
    f"{ROOT}/export",
    tags=TAGS,
    summary="The whole log, to be checked elsewhere",
    media_type="application/zip",
    **VERIFY,
)
async def export(request: AnyRequest) -> Response[bytes]:
    """A zip of entries, hashes, reasons, checkpoint and proof."""
    content = await oversight.export(services_of(request).audit, signed_in(request))
    return download(content, "audit-log.zip", "application/zip")


ROUTES = (entries, checkpoint, consistency, inclusion, verify, export)
