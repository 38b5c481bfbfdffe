"""What a command can ask of an installation, whether its service runs or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from schemas.notice import Notice
from schemas.vocabulary import Role
from survey_service.services import Services
from survey_service.surveys.core import load


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

    def survey_add(survey: str, notice: str, planned_sample: str) -> str:
        core, told = load(), Notice.model_validate_json(notice)
        services.surveys.add_survey_now(survey, core.questionnaire.title)
        services.surveys.add_version_now(survey, core.questionnaire, told)
        number = 1 + sum(w.survey == survey for w in services.surveys.waves_now())
        return services.surveys.add_wave_now(
            survey, number, core.questionnaire, told, planned_sample=int(planned_sample)
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
    }
