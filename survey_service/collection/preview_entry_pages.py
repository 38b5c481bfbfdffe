"""How a preview begins: the notice and the decisions as respondents meet them.

The very templates of the form; of the decisions only those that open questions go into the
preview's draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post

from schemas.notice import Notice, PurposeId
from schemas.texts import Texts
from survey_service.collection.page_parts_consent import CONTROLS, FORM, worded
from survey_service.collection.page_parts_consent import refuses_to_take_part as refuses
from survey_service.collection.page_parts_entry import whole_notice
from survey_service.collection.preview_pages import INSIDE, PreviewPlace, begin_at, place_in_preview
from survey_service.problems import FieldError, InvalidInput, NotFound
from survey_service.surveys.decisions import decisions_from
from survey_service.web.context import services_of
from survey_service.web.csrf import FIELD
from survey_service.web.forms import read_form
from survey_service.web.languages import path_language
from survey_service.web.permissions import Permission, needs
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


@dataclass(frozen=True, slots=True)
class PreviewWave:
    """What the entry pages show of a wave, where there is none yet."""

    names: Texts
    notice: Notice
    closes: str | None = None
    invitation: str = "open"
    once: str = "off"

    def title(self, language: str) -> str:
        """The questionnaire's title in a language, or in the nearest one there is."""
        return self.names.text(language)


def _wave(request: AnyRequest, place: PreviewPlace) -> PreviewWave:
    previews = services_of(request).previews
    notice = previews.notice(place.slug)
    if notice is None:
        raise NotFound
    return PreviewWave(previews.form(place.sha).questionnaire.title, notice)


@get(INSIDE + "/notice", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def preview_notice(request: AnyRequest) -> Response[bytes]:
    """The survey's newest notice, as a respondent reads it."""
    place = place_in_preview(request)
    wave = _wave(request, place)
    return page(
        request,
        "collection/notice.html",
        in_language=place.language,
        place=place,
        wave=wave,
        whole=whole_notice(*wave.notice.full_in(place.language)),
        first="consent",
        open_form=False,
        kept=False,
        changed=False,
        step="notice",
    )


@get(INSIDE + "/consent", include_in_schema=False, **needs(Permission.SURVEYS_READ))
async def preview_consent(request: AnyRequest) -> Response[bytes]:
    """The decisions; nothing is chosen for anybody here either."""
    place = place_in_preview(request)
    return _consent(request, place, _wave(request, place), {})


def _consent(
    request: AnyRequest,
    place: PreviewPlace,
    wave: PreviewWave,
    chosen: Mapping[str, list[str]],
    errors: Sequence[FieldError] = (),
) -> Response[bytes]:
    return page(
        request,
        "collection/consent.html",
        422 if errors else 200,
        in_language=place.language,
        place=place,
        wave=wave,
        chosen={name: values[-1] for name, values in chosen.items()},
        change=False,
        assent=False,
        denied=[],
        errors=worded(errors, wave.notice, place.language),
        form_id=FORM,
        step="consent",
    )


@post(
    INSIDE + "/consent", include_in_schema=False, status_code=303, **needs(Permission.SURVEYS_READ)
)
async def preview_decide(request: AnyRequest) -> Response[bytes]:
    """Go on as respondents would; whoever refuses to take part reads the thanks."""
    place = place_in_preview(request)
    wave = _wave(request, place)
    form = await read_form(request)
    posted = {name: list(values) for name, values in form.raw.items()}
    if "language" in posted:
        other = place.said_in(path_language(posted["language"][-1]))
        return _consent(request, other, wave, posted)
    try:
        decided = decisions_from(wave.notice, posted, (*CONTROLS, FIELD))
    except InvalidInput as problem:
        return _consent(request, place, wave, posted, problem.fields)
    granted = [one.purpose for one in decided if one.granted]
    if refuses(wave.notice, {one.purpose.value: one.granted for one in decided}):
        return page(request, "collection/refused.html", place=place, wave=wave, status=200)
    # A contact is asked of nobody here: it could be somebody's, and a preview keeps none.
    return await begin_at(request, place, [p for p in granted if p is not PurposeId.CONTACT])


ROUTES = (preview_notice, preview_consent, preview_decide)
