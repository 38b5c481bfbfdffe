"""A notice as the files that people edit: `notice.json`, and `notice.TAG.md` per language."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping

from pydantic import ValidationError

from schemas.notice import Notice
from survey_service.problems import N_, FieldError, InvalidInput

SHOWN = 10
"""How many wrong fields of a notice are named at once."""
FIELD = "notice_files"


def notice_of(files: Mapping[str, bytes]) -> Notice:
    """The notice that the files make, by their names.

    Raises:
        InvalidInput: names every file that lacks or cannot be read, or every field that is wrong.
    """
    data = _outline(files)
    languages = data.get("languages")
    if not isinstance(languages, list) or not all(isinstance(tag, str) for tag in languages):
        raise _wrong(N_("notice.json does not say in languages which languages it has."))
    wrong, full = [], {}
    for tag in languages:
        name = f"notice.{tag}.md"
        try:
            full[tag] = files[name].decode("utf-8-sig")
        except KeyError:
            wrong.append(FieldError(FIELD, N_("There is no file %(name)s."), "", {"name": name}))
        except UnicodeDecodeError:
            message = N_("%(name)s is no text in UTF-8.")
            wrong.append(FieldError(FIELD, message, "", {"name": name}))
    if wrong:
        raise InvalidInput(wrong)
    try:
        return Notice.model_validate_json(json.dumps(data | {"full": full}))
    except ValidationError as error:
        raise InvalidInput(
            [
                FieldError(
                    FIELD,
                    N_("notice.json, %(place)s: %(reason)s"),
                    "",
                    {"place": ".".join(map(str, one["loc"])) or "-", "reason": one["msg"]},
                )
                for one in error.errors(include_url=False, include_input=False)[:SHOWN]
            ]
        ) from error


def _outline(files: Mapping[str, bytes]) -> dict[str, object]:
    if "notice.json" not in files:
        raise _wrong(N_("There is no file notice.json."))
    try:
        data = json.loads(files["notice.json"].decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _wrong(N_("notice.json is no JSON.")) from error
    if not isinstance(data, dict):
        raise _wrong(N_("notice.json is no JSON."))
    return data


def _wrong(message: str) -> InvalidInput:
    return InvalidInput([FieldError(FIELD, message)])


def as_files(notice: Notice) -> dict[str, bytes]:
    """The files of a notice; `notice_of` makes an equal one of them."""
    outline = notice.model_dump(mode="json", exclude={"full"})
    files = {"notice.json": json.dumps(outline, ensure_ascii=False, indent=1).encode()}
    return files | {f"notice.{tag}.md": text.encode() for tag, text in notice.full.items()}


def as_archive(notice: Notice) -> bytes:
    """The files in one .zip, to begin another notice with."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in as_files(notice).items():
            # A fixed day: the same notice gives the same bytes.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return file.getvalue()
