"""How a wave's tables are protected: a coordinator proposes, the DPO decides."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from pydantic import ValidationError

from schemas.release_rules import PLATFORM_RULES, ReleaseRules
from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.releases.rules import waiting_of
from survey_service.releases.wording import method_words, words_in
from survey_service.web.context import services_of, signed_in
from survey_service.web.forms import Form, read_form
from survey_service.web.languages import language_of
from survey_service.web.permissions import Permission, needs
from survey_service.web.redirects import see_other
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]

FIELDS = {
    "suppression": (),
    "rounding": ("base",),
    "cell_key": ("deviation", "variance"),
    "geometric": ("epsilon", "total"),
}
"""What is asked of each method; everything else keeps the method's own value."""
EMPTY = {
    "method": "suppression",
    "threshold": "",
    "base": "5",
    "deviation": "2",
    "variance": "1.08",
    "epsilon": "1",
    "total": "10",
    "reason": "",
}


@get(
    "/office/surveys/{wave_id:str}/rules",
    include_in_schema=False,
    **needs(Permission.RULES_PROPOSE),
)
async def rules_page(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """What is in force for the wave's tables, what waits, and a form to propose something else."""
    return await _rules_page(request, wave_id, EMPTY, [])


@post(
    "/office/surveys/{wave_id:str}/rules",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.RULES_PROPOSE),
)
async def propose(request: AnyRequest, wave_id: FromPath[str]) -> Response[bytes]:
    """Put other rules before a second person."""
    form = await read_form(request)
    values = {name: form.one(name, given) for name, given in EMPTY.items()}
    try:
        rules = _read(form)
        await services_of(request).releases.propose_rules(
            signed_in(request), wave_id, rules, values["reason"]
        )
    except InvalidInput as wrong:
        return await _rules_page(request, wave_id, values, list(wrong.fields), 422)
    return see_other(f"/office/surveys/{wave_id}/rules")


async def _rules_page(
    request: AnyRequest,
    wave_id: str,
    values: dict[str, str],
    errors: list[FieldError],
    status: int = 200,
) -> Response[bytes]:
    services = services_of(request)
    wave = await services.surveys.wave(wave_id)
    found = await services.releases.rules(wave_id)
    words = words_in(language_of(request))
    agreed = (kept.rules for kept in found if kept.state == "agreed")
    return page(
        request,
        "releases/rules.html",
        status,
        wave=wave,
        in_force=next(agreed, PLATFORM_RULES),
        waiting=waiting_of(found),
        said=lambda rules: method_words(rules.method, words),
        values=values,
        errors=errors,
    )


@get("/office/rules", include_in_schema=False, **needs(Permission.RULES_DECIDE))
async def waiting_page(request: AnyRequest) -> Response[bytes]:
    """The rules that wait for a second person."""
    words = words_in(language_of(request))
    found = await services_of(request).releases.waiting_rules()
    said = [(wave, kept, method_words(kept.rules.method, words)) for wave, kept in found]
    return page(request, "releases/rules_waiting.html", found=said)


@post(
    "/office/rules/{wave_id:str}/{number:int}",
    include_in_schema=False,
    status_code=303,
    **needs(Permission.RULES_DECIDE),
)
async def decide(
    request: AnyRequest, wave_id: FromPath[str], number: FromPath[int]
) -> Response[bytes]:
    """Bring the rules into force, or decline them."""
    form = await read_form(request)
    choice = form.one("decision")
    if choice not in ("agree", "decline"):
        raise InvalidInput([FieldError("decision", N_("Please choose yes or no."))])
    await services_of(request).releases.decide_rules(
        signed_in(request), wave_id, number, agreed=choice == "agree"
    )
    return see_other("/office/rules")


def _read(form: Form) -> ReleaseRules:
    """The rules a form proposes.

    Raises:
        InvalidInput: a number is none, or makes no sense for the method.
    """
    name = form.one("method", "suppression")
    if name not in FIELDS:
        message = N_("Please choose one of the ways.")
        raise InvalidInput([FieldError("method", message)])
    method = {"name": name} | {field: form.one(field).strip() for field in FIELDS[name]}
    if "base" in method:
        method["base"] = int(method["base"]) if method["base"] in ("3", "5") else 0  # type: ignore[assignment]
    threshold = form.one("threshold").strip()
    try:
        return ReleaseRules.model_validate({"method": method, "threshold": threshold or None})
    except ValidationError as error:
        fields = dict.fromkeys(str(item["loc"][-1]) for item in error.errors())
        message = N_("This number does not fit.")
        known = [field if field in EMPTY else "method" for field in fields]
        raise InvalidInput([FieldError(f, message, _REMEDIES.get(f, "")) for f in known]) from error


_REMEDIES = {
    "threshold": N_("Write a whole number from 3 to 100, or leave it empty."),
    "base": N_("Choose 3 or 5."),
    "deviation": N_("Write a whole number from 1 to 20."),
    "variance": N_("Write a number above 0, such as 1.08."),
    "epsilon": N_("Write a number above 0, such as 1 or 1/2."),
    "total": N_("Write a number that is at least what one table costs."),
    "method": N_("One table must not cost more than the whole wave may."),
}

ROUTES = (rules_page, propose, waiting_page, decide)
