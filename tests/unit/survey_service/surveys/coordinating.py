"""A coordinator's browser on the real rooms: the wiring of the service over SQLite."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from httpx import Response
from sqlalchemy import select

from schemas.audit import Act
from survey_service.audit_log.appending import LEAF
from survey_service.collection import pages as collection_pages
from survey_service.collection import preview_entry_pages, preview_pages
from survey_service.invitations import handed_pages
from survey_service.invitations import pages as invitations_pages
from survey_service.quotas import pages as quotas_pages
from survey_service.services import Services, wire
from survey_service.settings import Settings
from survey_service.stores.keyring import Keyring
from survey_service.stores.stores import Stores
from survey_service.surveys import (
    code_list_pages,
    codebook_pages,
    media_pages,
    notice_pages,
    opening_pages,
    pages,
    upload_pages,
    versions_pages,
)
from survey_service.surveys.core import load
from survey_service.surveys.xlsform.exporting import as_sheets
from survey_service.surveys.xlsform.markdown import write_markdown
from survey_service.web.csrf import FIELD, csrf_token
from tests.unit.survey_service.web.kit import application, browser

ROOMS = (
    pages,
    opening_pages,
    notice_pages,
    upload_pages,
    versions_pages,
    codebook_pages,
    media_pages,
    code_list_pages,
    preview_pages,
    preview_entry_pages,
    collection_pages,
    quotas_pages,
    invitations_pages,
    handed_pages,
)
ROUTES = [route for room in ROOMS for route in room.ROUTES]
UPLOAD = "/office/surveys/upload"
SMALL = """
| survey   |
|          | type             | name    | label::English (en)        | constraint           | privacy_role     | generalise | derive         | indicators |
|          | begin_group      | you     | About you                  |                      |                  |            |                |            |
|          | integer          | age     | How old are you?           | . >= 16 and . <= 110 | quasi_identifier | age        | banded(16, 30) | AGE        |
|          | select_one yesno | visited | Were you at the library?   |                      | plain            |            |                | VISITS     |
|          | end_group        |         |                            |                      |                  |            |                |            |
| choices  |
|          | list_name        | name    | label::English (en)        |
|          | yesno            | yes     | Yes                        |
|          | yesno            | no      | No                         |
| settings |
|          | form_title       | form_id | version                    |
|          | Our library      | library | {version}                  |
"""  # noqa: E501 - a table


def small(version: int = 1, **replaced: str) -> bytes:
    """A questionnaire of two questions as Markdown, with some of its words replaced."""
    text = SMALL.replace("{version}", str(version))
    for old, new in replaced.items():
        text = text.replace(old, new)
    return text.encode()


def core_file() -> bytes:
    """The core questionnaire as Markdown."""
    core = load()
    return write_markdown(as_sheets(core.questionnaire, core.code_lists)).encode()


class Coordinator:
    """Somebody signed in as coordinator, and the rooms behind."""

    def __init__(self, stores: Stores, folder: Path, role: str = "coordinator") -> None:
        settings = Settings(data_dir=folder, keys_dir=folder / "keys", demonstration=True)
        self.services: Services = wire(settings, stores, Keyring.random())
        rooms = {
            name: getattr(self.services, name)
            for name in Services.__dataclass_fields__
            if name not in ("accounts", "settings")
        }
        self.client = browser(application(ROUTES, **rooms), role)
        self.client.headers["accept-language"] = "en"

    def get(self, path: str) -> Response:
        """A page."""
        return self.client.get(path)

    def post(self, path: str, fields: dict[str, Any] | None = None, **files: Any) -> Response:
        """A form with this session's token; `files` makes it one that carries files."""
        data = {FIELD: csrf_token("coordinator"), **(fields or {})}
        if not files:
            return self.client.post(path, data=data)
        parts = [(name, part) for name, of in files.items() for part in
                 (of if isinstance(of, list) else [of])]  # fmt: skip
        return self.client.post(path, data=data, files=parts)

    def upload(
        self, data: bytes, do: str = "store", name: str = "x.bin", **fields: str
    ) -> Response:
        """Send a file to the upload page."""
        return self.post(UPLOAD, {"do": do, **fields}, file=(name, data))

    def store(self, data: bytes, **fields: str) -> str:
        """Store a file and return the address of the version."""
        answer = self.upload(data, **fields)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].partition("?")[0]

    def prepare(self, version: str, **fields: str) -> str:
        """Prepare a wave of a version with the core's notice, and return its id."""
        self.notice_of("roma")
        usual = {"planned_sample": "100", "closes_on": "", "cooling_off_days": "14",
                 "freeze_interval_days": "90", "notice": load().notice.hash}  # fmt: skip
        answer = self.post(
            f"{version}/wave", {}, **{k: (None, v) for k, v in (usual | fields).items()}
        )
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].rpartition("/")[2]

    def notice_of(self, slug: str) -> None:
        """Store the core's notice for a survey, so that it can be chosen."""
        surveys = self.services.surveys
        surveys.add_survey_now(slug, load().questionnaire.title)
        surveys.notices.store_now(slug, load().notice)

    def logged(self) -> list[Act]:
        """Every act in the audit log, in order."""
        return [Act(entry["act"]) for entry in self.entries()]

    def entries(self) -> list[dict[str, Any]]:
        """Every entry of the audit log."""
        rows = self.services.stores.audit.read_now(
            lambda tx: tx.all(select(LEAF.c.entry).order_by(LEAF.c.seq))
        )
        return [json.loads(row[0]) for row in rows]


def words(page: Response) -> str:
    """What a page says, its tags and runs of space left out."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))
