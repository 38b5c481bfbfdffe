"""What a command can ask of an installation, whether its service runs or not."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, cast

from schemas.notice import Notice
from schemas.questionnaire import Questionnaire
from schemas.vocabulary import Role
from survey_service.ceremonies import commands as ceremonies
from survey_service.invitations.sheets import printable
from survey_service.parts.office import Office
from survey_service.parts.settle import SettlePart
from survey_service.problems import Conflict
from survey_service.services import Services
from survey_service.stores.ids import new_id
from survey_service.stores.parts import Part
from survey_service.surveys.core import load
from survey_service.surveys.media.cleaning import clean
from survey_service.surveys.media.limits import Medium
from survey_service.surveys.opening import checklist
from survey_service.surveys.xlsform.lint import Remark

WARNED = (
    "There are warnings. Read them (equality-survey wave check WAVE), then say with --reason "
    "why you open all the same."
)

# Which parts do a command, where it is not the office alone.
_DONE_BY = {
    "settle": (Part.SETTLE,),
    "backup": (Part.SETTLE, Part.OFFICE),
    "counts": (Part.SETTLE,),
}


def _told(remark: Remark) -> str:
    kind = "error" if remark.blocks else "warning"
    place = ", ".join(part for part in (remark.question, remark.language) if part)
    words = f"{remark.message} {remark.remedy}" % dict(remark.values)
    return f"{kind:7} {remark.concern} {place}: {words}"


def _wave_commands(services: Services) -> dict[str, Callable[..., Any]]:
    def wave_list() -> list[str]:
        waves = services.surveys.waves_now()
        return [f"{w.id} {w.survey} {w.number} {w.state.value}" for w in waves]

    def wave_open(wave: str, reason: str = "") -> str:
        warnings = checklist(services.surveys.wave_now(wave)).warnings
        if warnings and not reason:
            raise Conflict(WARNED)
        accepted = {str(kind): reason for kind in warnings}
        return services.field_work.open_wave_now(wave, accepted=accepted).state.value

    def wave_close(wave: str) -> str:
        return services.field_work.close_wave_now(wave).state.value

    def wave_archive(wave: str) -> str:
        return services.field_work.archive_wave_now(wave).state.value

    def wave_check(wave: str) -> list[str]:
        found = checklist(services.surveys.wave_now(wave))
        return [_told(one) for one in (*found.errors, *chain(*found.warnings.values()))]

    return {
        "wave-list": wave_list,
        "wave-check": wave_check,
        "wave-open": wave_open,
        "wave-close": wave_close,
        "wave-archive": wave_archive,
    }


def parts_of(command: str) -> tuple[Part, ...]:
    """Return the parts that do a command where parts are separate."""
    return _DONE_BY.get(command, (Part.OFFICE,))


def commands_of(services: Services | Office | SettlePart) -> Mapping[str, Callable[..., Any]]:
    """Return the commands by name, all or a part's; each takes and returns what JSON can say."""
    if isinstance(services, Services):
        return _every_command(services)
    part = Part.SETTLE if isinstance(services, SettlePart) else Part.OFFICE
    # Each command reaches for what it needs when it is given, and a part has what its own need.
    every = _every_command(cast(Services, services))
    return {name: command for name, command in every.items() if part in parts_of(name)}


def _every_command(services: Services) -> Mapping[str, Callable[..., Any]]:

    def settle() -> str:
        services.maintenance.run()
        return "done"

    def staff_add(name: str, role: str) -> dict[str, str]:
        return services.accounts.create_now(name, Role(role)).shown()

    def survey_add(
        survey: str, notice: str, planned_sample: str, questionnaire: str = "", report: str = "[]"
    ) -> str:
        told = Notice.model_validate_json(notice)
        asked = (
            Questionnaire.model_validate_json(questionnaire)
            if questionnaire
            else load().questionnaire
        )
        services.surveys.add_survey_now(survey, asked.title)
        services.surveys.add_version_now(survey, asked, told, report=json.loads(report))
        number = 1 + sum(w.survey == survey for w in services.surveys.waves_now())
        return services.surveys.add_wave_now(
            survey, number, asked, told, planned_sample=int(planned_sample)
        )

    def media_add(survey: str, questionnaire: str, name: str, medium: str, data: str) -> str:
        services.surveys.library.version_now(questionnaire, survey)
        made = clean(b64decode(data), Medium(medium))
        services.surveys.media.store_now(questionnaire, survey, {name: made})
        services.surveys.look_again()
        return name

    def notice_add(wave: str, notice: str) -> str:
        told = services.notices.change_now(wave, Notice.model_validate_json(notice))
        return f"version {told.version} {told.hash}"

    def backup(folder: str, stores: list[str]) -> dict[str, Any]:
        return services.backups.make_now(Path(folder), stores).model_dump(mode="json")

    def slips_make(wave: str, count: str) -> str:
        found = services.surveys.wave_now(wave)
        made = services.invitations.make_now(found, new_id(), int(count))
        return printable(found, made, services.settings.public_url)

    def counts() -> list[dict[str, Any]]:
        return [survey.model_dump(mode="json") for survey in services.stock.read_now().surveys]

    def checkpoint() -> str:
        return services.audit.checkpoint_now()

    return {**_wave_commands(services), **ceremonies.commands_of(services)} | {
        "settle": settle,
        "staff-add": staff_add,
        "survey-add": survey_add,
        "media-add": media_add,
        "notice-add": notice_add,
        "slips-make": slips_make,
        "checkpoint": checkpoint,
        "counts": counts,
        "backup": backup,
    }
