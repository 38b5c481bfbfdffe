"""What a command can ask of an installation, whether its service runs or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.notice import Notice
from schemas.questionnaire import Questionnaire
from schemas.vocabulary import Role
from survey_service.ceremonies import commands as ceremonies
from survey_service.problems import Conflict
from survey_service.services import Services
from survey_service.surveys.core import load


def _refuse_taken_version(
    services: Services, survey: str, asked: Questionnaire, told: Notice
) -> None:
    """A version never changes once stored, so another content needs another number."""
    for wave in services.surveys.waves_now():
        stored = wave.form.questionnaire
        if wave.survey == survey and stored.version == asked.version and stored != asked:
            raise Conflict(
                "Another questionnaire is stored as this version. Give the changed one the next "
                "version number in its settings."
            )
        same = wave.notice.version == told.version
        if wave.survey == survey and same and wave.notice.hash != told.hash:
            raise Conflict(
                "Another notice is stored as this version. Give the changed one the next number."
            )


def commands_of(services: Services) -> Mapping[str, Callable[..., Any]]:
    """Return the commands by name; each takes and returns what JSON can say."""

    def settle() -> str:
        services.maintenance.run()
        return "done"

    def wave_list() -> list[str]:
        waves = services.surveys.waves_now()
        return [f"{w.id} {w.survey} {w.number} {w.state.value}" for w in waves]

    def wave_open(wave: str) -> str:
        return services.field_work.open_wave_now(wave).state.value

    def wave_close(wave: str) -> str:
        return services.field_work.close_wave_now(wave).state.value

    def staff_add(name: str, role: str) -> dict[str, str]:
        return services.accounts.create_now(name, Role(role)).shown()

    def survey_add(survey: str, notice: str, planned_sample: str, questionnaire: str = "") -> str:
        told = Notice.model_validate_json(notice)
        asked = (
            Questionnaire.model_validate_json(questionnaire)
            if questionnaire
            else load().questionnaire
        )
        _refuse_taken_version(services, survey, asked, told)
        services.surveys.add_survey_now(survey, asked.title)
        services.surveys.add_version_now(survey, asked, told)
        number = 1 + sum(w.survey == survey for w in services.surveys.waves_now())
        return services.surveys.add_wave_now(
            survey, number, asked, told, planned_sample=int(planned_sample)
        )

    def checkpoint() -> str:
        return services.audit.checkpoint_now()

    return {
        "settle": settle,
        "wave-list": wave_list,
        "wave-open": wave_open,
        "wave-close": wave_close,
        "staff-add": staff_add,
        "survey-add": survey_add,
        "checkpoint": checkpoint,
        **ceremonies.commands_of(services),
    }
