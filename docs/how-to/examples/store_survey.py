#!/usr/bin/env python3
"""Store a survey with its notice and a first wave in draft, and print the wave's id.

Usage: store_survey.py SLUG NOTICE_FOLDER PLANNED_SAMPLE. The service must be stopped meanwhile.
The folder holds the notice as survey_service/surveys/core does: notice.json, notice.lv.md, …
"""

import json
import os
import sys
from pathlib import Path

from schemas.notice import Notice
from survey_service.lock import Lock
from survey_service.services import open_services
from survey_service.settings import Settings
from survey_service.surveys.core import load


def read_notice(folder: Path) -> Notice:
    """Return the notice with its full texts."""
    data = json.loads((folder / "notice.json").read_text(encoding="utf-8"))
    data["full"] = {
        tag: (folder / f"notice.{tag}.md").read_text(encoding="utf-8") for tag in data["languages"]
    }
    return Notice.model_validate_json(json.dumps(data))


def main(slug: str, folder: str, planned: str) -> None:
    """Store it all; the wave is opened later, by the coordinator."""
    data_dir = Path(os.environ["EQUALITY_DATA_DIR"])
    core, notice = load(), read_notice(Path(folder))
    Lock(data_dir).take()
    services = open_services(Settings.from_environment(data_dir))
    surveys = services.surveys
    surveys.add_survey_now(slug, core.questionnaire.title)
    surveys.add_version_now(slug, core.questionnaire, notice)
    number = 1 + sum(wave.survey == slug for wave in surveys.waves_now())
    print(
        surveys.add_wave_now(slug, number, core.questionnaire, notice, planned_sample=int(planned))
    )
    services.close()


main(*sys.argv[1:])
