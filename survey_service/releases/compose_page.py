"""The page on which a table is composed: the fields, the look ahead, the purpose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from litestar import Request, Response

from schemas.requests import Chance, RequestPurpose
from survey_service.problems import FieldError, InvalidInput
from survey_service.releases.composing import Composition, asked
from survey_service.releases.service import Releases
from survey_service.releases.views import CatalogueShown, PreviewShown, VariableShown
from survey_service.releases.wording import Words, chance_words, purpose_words, words_in
from survey_service.web.context import services_of, signed_in
from survey_service.web.languages import language_of
from survey_service.web.rendering import page

AnyRequest = Request[Any, Any, Any]


async def compose_page(
    request: AnyRequest,
    composed: Composition,
    purpose: dict[str, str],
    errors: list[FieldError] | None = None,
    status: int | None = None,
) -> Response[bytes]:
    """The page on which a table is composed, with what it may look like and what is wrong."""
    service, person = services_of(request).releases, signed_in(request)
    words = words_in(language_of(request))
    waves = await service.waves()
    wave = next((w for w in waves if w.id == composed.wave), None)
    if wave is None:
        frozen = await service.frozen()
        wave = next((w for w in waves if w.id == frozen), next(iter(waves), None))
    if wave is not None and not composed.wave:
        composed = replace(composed, wave=wave.id)
    shown = await service.catalogue(wave.id) if wave else None
    errors = list(errors or [])
    ahead = None
    if wave is not None and composed.ready and not errors:
        ahead, errors = await _ahead(service, composed, wave.survey)
    return page(
        request,
        "releases/compose.html",
        status or (422 if errors else 200),
        waves=waves,
        wave=wave,
        shown=shown,
        groups=by_section(request, shown, words) if shown else {},
        by_name={v.name: v for v in shown.variables} if shown else {},
        composed=composed,
        ahead=ahead,
        lines=_lines(ahead, shown, words) if ahead and shown else [],
        shares=_shares(ahead, words) if ahead else [],
        purposes=[(p.value, purpose_words(p, words)) for p in RequestPurpose],
        purpose=purpose,
        budget=await service.budget(person),
        errors=errors,
    )


async def _ahead(
    service: Releases, composed: Composition, survey: str
) -> tuple[PreviewShown | None, list[FieldError]]:
    try:
        return await service.preview(asked(composed, survey)), []
    except InvalidInput as wrong:
        return None, wrong.fields


def by_section(
    request: AnyRequest, shown: CatalogueShown, words: Words
) -> dict[str, list[VariableShown]]:
    """The variables under the headings of the questionnaire, in its order."""
    wave = services_of(request).surveys.wave_now(shown.wave.id)
    titles = {s.id: s.title.text(words.language) for s in wave.form.questionnaire.sections}
    groups: dict[str, list[VariableShown]] = {}
    for variable in shown.variables:
        groups.setdefault(titles.get(variable.section, variable.section), []).append(variable)
    return groups


def _lines(ahead: PreviewShown, shown: CatalogueShown, words: Words) -> list[list[Any]]:
    """The expected cells as lines: one answer of each variable, and the chance in a word."""
    by_name = {variable.name: variable for variable in shown.variables}
    texts = {
        name: {code.code: code.text.text(words.language) for code in by_name[name].codes}
        for name in ahead.feasibility.variables
    }
    return [
        [
            *(texts[n][c] for n, c in zip(ahead.feasibility.variables, cell.codes, strict=True)),
            chance_words(cell.chance, words),
        ]
        for cell in ahead.feasibility.cells
    ]


def _shares(ahead: PreviewShown, words: Words) -> list[tuple[str, int]]:
    return [
        (chance_words(chance, words), sum(c.chance is chance for c in ahead.feasibility.cells))
        for chance in Chance
    ]
