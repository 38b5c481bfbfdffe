"""From a spreadsheet to an open wave on pages: nothing by halves, nothing unlogged, all locked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.audit import Act
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.notice_files import as_files
from survey_service.surveys.notice_pages import words_of
from survey_service.surveys.waves import WaveState
from survey_service.surveys.xlsform.spreadsheet import write_xlsx
from tests.unit.survey_service.surveys.coordinating import (
    UPLOAD,
    Coordinator,
    core_file,
    small,
    words,
)

REASON = "The library asked for it, and it is a trial."


@pytest.fixture
def cora(sqlite_stores: Stores, tmp_path: Path) -> Coordinator:
    return Coordinator(sqlite_stores, tmp_path)


def accept(page: str) -> dict[str, object]:
    """Every kind of warning on the page ticked, with a reason."""
    kinds = re.findall(r'name="accept" value="(\w+)"', page)
    return {"accept": kinds, **{f"reason-{kind}": REASON for kind in kinds}}


# Upload


def test_a_check_reports_every_row_and_stores_nothing(cora: Coordinator) -> None:
    page = cora.upload(small(), do="check", name="lies.xlsx")

    assert page.status_code == 200
    assert "It can be stored" in words(page)
    assert "Nothing was stored" in words(page)
    assert cora.services.surveys.library.versions_now() == []
    assert cora.services.surveys.surveys_now() == []
    assert cora.logged() == [Act.QUESTIONNAIRE_CHECKED]


def test_one_refused_row_keeps_the_whole_file_out_and_all_are_named_with_their_places(
    cora: Coordinator,
) -> None:
    bad = small(**{"select_one yesno |": "geopoint         |", "AGE ": "AGE "})
    bad = bad.replace(b"${", b"").replace(b"| integer  ", b"| audio    ")

    page = cora.upload(bad)

    assert page.status_code == 422
    said = words(page)
    assert "It cannot be stored" in said
    assert re.search(r"survey 5 type Refused .*audio", said)
    assert re.search(r"survey 6 type Refused .*geopoint", said)
    assert cora.services.surveys.surveys_now() == [], "not even the survey"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "neither a spreadsheet nor"),
        (b"PK\x03\x04 no archive", "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "cannot be read"),
        (b"\xff\xfe\x00", "neither a spreadsheet nor"),
    ],
)
def test_a_broken_file_is_refused_in_words(cora: Coordinator, data: bytes, said: str) -> None:
    page = cora.upload(data, name="form.xlsx")

    assert page.status_code == 422
    assert said in words(page)
    assert "Traceback" not in page.text


def test_labels_of_a_file_are_text_and_never_markup(cora: Coordinator) -> None:
    attack = "<script>alert(1)</script>"
    version = cora.store(small(**{"Were you at the library?  ": attack}))
    page = cora.get(version)

    assert attack not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


def test_a_file_of_more_than_five_megabytes_is_refused_before_it_is_parsed(
    cora: Coordinator,
) -> None:
    page = cora.upload(b"x" * 5_400_000)

    assert page.status_code == 413
    assert "At most 5 MB" in words(page)
    assert cora.logged() == []


def test_an_upload_needs_the_sessions_token_and_a_form_with_files(cora: Coordinator) -> None:
    without = cora.client.post(UPLOAD, data={"do": "store"}, files={"file": ("x", small())})
    urlencoded = cora.post(UPLOAD, {"do": "store"})
    cut = cora.client.post(
        UPLOAD, content=b"--b\r\n", headers={"content-type": "multipart/form-data; boundary=b"}
    )

    assert [without.status_code, urlencoded.status_code, cut.status_code] == [403, 415, 400]
    assert cora.services.surveys.surveys_now() == []


def test_no_file_or_a_bad_name_is_told_at_its_field_and_what_was_typed_stays(
    cora: Coordinator,
) -> None:
    page = cora.post(UPLOAD, {"do": "store"}, survey=(None, "My Survey!"))

    assert page.status_code == 422
    assert "Choose a file." in words(page)
    assert "small letters" in words(page)
    assert 'value="My Survey!"' in page.text


def test_a_version_is_stored_once_and_its_number_cannot_be_taken_by_another(
    cora: Coordinator,
) -> None:
    first = cora.store(small(), survey="library")
    assert cora.store(small(), survey="library") == first, "the same again is the same"

    other = cora.upload(small(**{"How old": "How young"}), survey="library")
    assert other.status_code == 422
    assert "next version number" in words(other)
    assert len(cora.services.surveys.library.versions_now()) == 1

    second = cora.store(small(2), survey="library")
    assert second != first
    found = cora.services.surveys.library.versions_now()
    assert [(v.survey, v.version) for v in found] == [("library", 1), ("library", 2)]


def test_two_surveys_may_share_a_questionnaire(cora: Coordinator) -> None:
    versions = [cora.store(core_file(), survey=name) for name in ("roma-2026", "roma-2027")]
    waves = [cora.services.surveys.wave_now(cora.prepare(version)) for version in versions]

    assert [wave.survey for wave in waves] == ["roma-2026", "roma-2027"]
    assert [wave.number for wave in waves] == [1, 1]


def test_the_spreadsheet_of_a_version_is_that_version_again(cora: Coordinator) -> None:
    version = cora.store(core_file(), survey="roma")

    for name in ("questionnaire.xlsx", "questionnaire.md"):
        file = cora.get(f"{version}/files/{name}")
        assert file.status_code == 200
        assert cora.store(file.content, survey="roma") == version


# A wave


def test_a_notice_comes_as_files_and_what_they_lack_is_named(cora: Coordinator) -> None:
    version = cora.store(core_file(), survey="roma")
    settings = {"planned_sample": "100", "cooling_off_days": "14", "freeze_interval_days": "90",
                "closes_on": "", "notice": ""}  # fmt: skip
    files = as_files(load().notice)
    fields = {name: (None, value) for name, value in settings.items()}

    lacking = [part for part in files.items() if part[0] != "notice.lv.md"]
    page = cora.post(f"{version}/wave", {}, notice_files=lacking, **fields)
    assert page.status_code == 422
    assert "There is no file notice.lv.md." in words(page)

    neither = cora.post(f"{version}/wave", {}, **fields)
    assert "or the files of a new one" in words(neither)
    assert cora.services.surveys.waves_now() == []

    stored = cora.post(f"{version}/wave", {}, notice_files=list(files.items()), **fields)
    assert stored.status_code == 303
    (wave,) = cora.services.surveys.waves_now()
    assert wave.notice == load().notice
    assert wave.state is WaveState.DRAFT


def test_a_wave_opens_only_when_every_warning_was_answered_for(cora: Coordinator) -> None:
    wave = cora.prepare(cora.store(core_file(), survey="roma"))
    address = f"/office/surveys/{wave}/open"
    page = cora.get(address).text
    assert "Used by no indicator" in page

    for fields in ({}, {"accept": "no_indicator"},
                   {"accept": "no_indicator", "reason-no_indicator": "short"}):  # fmt: skip
        refused = cora.post(address, fields)
        assert refused.status_code == 422
        assert cora.services.surveys.wave_now(wave).state is WaveState.DRAFT
    assert Act.WAVE_OPENED not in cora.logged()

    assert cora.post(address, accept(page)).status_code == 303
    assert cora.services.surveys.wave_now(wave).state is WaveState.OPEN
    assert cora.logged()[-2:] == [Act.WAVE_WARNINGS_ACCEPTED, Act.WAVE_OPENED]
    accepted = cora.entries()[-2]
    assert accepted["counts"] == {"warnings": 6}
    assert accepted["detail"] is not None, "the reason is committed to"
    assert REASON not in str(accepted), "and lies beside the log, erasable"


def test_an_error_keeps_a_wave_from_opening_whatever_is_ticked(cora: Coordinator) -> None:
    """A newer code list has a municipality that no table could ever show."""
    library = cora.services.surveys.library
    core = load().code_lists["lv_municipalities"]
    new = core.codes[0].model_copy(update={"code": "LV9999999"})
    library.store_list_now(core.model_copy(update={"version": 2, "codes": (*core.codes, new)}))
    wave = cora.prepare(cora.store(core_file(), survey="roma"))
    address = f"/office/surveys/{wave}/open"

    page = cora.get(address)
    assert "The hierarchy municipality has no place for: LV9999999" in words(page)
    forced = cora.post(address, {"accept": "no_indicator", "reason-no_indicator": REASON})
    assert forced.status_code == 409
    assert cora.services.surveys.wave_now(wave).state is WaveState.DRAFT


def test_young_people_with_a_parent_are_the_notices_choice_and_locked_by_opening(
    cora: Coordinator,
) -> None:
    wave = cora.prepare(cora.store(core_file(), survey="roma"))
    address = f"/office/surveys/{wave}/notice"
    typed = words_of(load().notice)
    for fields, said in (
        ({"from_age": "16"}, "Write an age below the one"),
        ({"from_age": "young"}, "Write an age below the one"),
        ({"minimum_age": "0"}, "Write a number from 1 to 21."),
        ({"from_age": "13", "parent-lv": "vārds " * 13}, "A sentence has 13 words"),
        ({"from_age": "13", "parent-ru": ""}, "as many in every language"),
    ):
        refused = cora.post(address, {**typed, **fields})
        assert refused.status_code == 422
        assert said in words(refused)
    assert cora.post(address, {**typed, "from_age": "13"}).status_code == 303
    told = cora.services.surveys.wave_now(wave).notice
    assert told.parental is not None
    assert (told.minimum_age, told.parental.from_age) == (16, 13)
    assert told.version == load().notice.version + 1

    page = cora.get(f"/office/surveys/{wave}/open")
    assert "lets people of 13 take part with a parent; no band holds them" in words(page)
    assert cora.post(f"/office/surveys/{wave}/open", accept(page.text)).status_code == 409

    cora.post(address, {**words_of(told), "from_age": "", "minimum_age": "18"})
    page = cora.get(f"/office/surveys/{wave}/open")
    assert "It ends the survey below 16; by the notice people decide from 18 on." in words(page)
    assert cora.post(f"/office/surveys/{wave}/open", accept(page.text)).status_code == 303
    told = cora.services.surveys.wave_now(wave).notice
    locked = cora.post(address, {**words_of(told), "from_age": "13"})
    assert locked.status_code == 422
    assert "The ages are locked since the wave was opened." in words(locked)
    assert cora.services.surveys.wave_now(wave).notice == told


def test_settings_are_locked_by_opening(cora: Coordinator) -> None:
    wave = cora.prepare(cora.store(core_file(), survey="roma"))
    address = f"/office/surveys/{wave}/settings"
    longer = {"planned_sample": "250", "cooling_off_days": "30", "freeze_interval_days": "120",
              "closes_on": "2999-12-31"}  # fmt: skip

    shorter = cora.post(address, longer | {"cooling_off_days": "13", "closes_on": "soon"})
    assert shorter.status_code == 422
    assert "from 14 to 180" in words(shorter)
    assert "as 2027-01-31" in words(shorter)
    assert cora.post(address, longer).status_code == 303
    settings = cora.services.surveys.wave_now(wave).settings
    assert tuple(settings[:4]) == (250, "2999-12-31", 30, 120)

    opening = f"/office/surveys/{wave}/open"
    assert cora.post(opening, accept(cora.get(opening).text)).status_code == 303
    assert cora.post(address, longer | {"cooling_off_days": "14"}).status_code == 409
    assert cora.services.surveys.wave_now(wave).settings == settings
    assert "its settings are locked" in words(cora.get(address))


def test_the_lock_holds_in_the_store_itself(cora: Coordinator) -> None:
    """Whoever read the wave as a draft a moment ago changes nothing after it opened."""
    wave = cora.prepare(cora.store(core_file(), survey="roma"))
    surveys = cora.services.surveys
    draft = surveys.wave_now(wave)
    surveys.move_now(wave, WaveState.OPEN)
    surveys.wave_now = lambda _: draft  # type: ignore[method-assign]

    answer = cora.post(
        f"/office/surveys/{wave}/settings",
        {"planned_sample": "9", "cooling_off_days": "14", "freeze_interval_days": "90"},
    )

    assert answer.status_code == 409
    (now,) = surveys.waves_now()
    assert now.planned_sample == 100


def test_only_what_is_closed_is_archived_and_it_stays_so(cora: Coordinator) -> None:
    wave = cora.prepare(cora.store(core_file(), survey="roma"))
    address = f"/office/surveys/{wave}"
    assert cora.post(f"{address}/archive", {"sure": "yes"}).status_code == 409
    cora.post(f"{address}/open", accept(cora.get(f"{address}/open").text))
    cora.post(f"{address}/close", {"sure": "yes"})
    closed_on = cora.services.surveys.wave_now(wave).closed_on

    asked = cora.post(f"{address}/archive")
    assert "Archive this wave?" in words(asked)
    assert cora.services.surveys.wave_now(wave).state is WaveState.CLOSED
    assert cora.post(f"{address}/archive", {"sure": "yes"}).status_code == 303

    archived = cora.services.surveys.wave_now(wave)
    assert archived.state is WaveState.ARCHIVED
    assert archived.closed_on == closed_on, "retention counts from this day"
    assert cora.services.releases.desk.asked_of() == []
    assert [w.id for w in cora.services.releases.desk.waves()] == [wave]
    for again in ("open", "close", "archive"):
        assert cora.post(f"{address}/{again}", {"sure": "yes"}).status_code == 409


# Reading


def test_the_codebook_says_routing_in_words_in_every_language(cora: Coordinator) -> None:
    version = cora.store(core_file(), survey="roma")
    for language, said in (
        ("en", "only if the answer to “Household size” is more than 1"),
        ("lv", "tikai tad, ja atbilde uz “"),
        ("ru", "только если ответ на «"),
    ):
        page = cora.client.get(f"{version}?lang={language}")
        assert said in words(page)
        assert page.text.count("<h3>") == len(load().questionnaire.questions)
    assert cora.logged()[-1] is Act.QUESTIONNAIRE_READ


def test_what_changed_between_two_versions_is_listed(cora: Coordinator) -> None:
    old = cora.store(small(), survey="library")
    new = cora.store(small(2, **{"Were you at": "Have you been to"}), survey="library")
    page = cora.get(f"{new}/changes/{old.rpartition('/')[2]}")

    said = words(page)
    assert (
        "visited changed text (en) Were you at the library? Have you been to the library?" in said
    )
    assert "the whole changed version 1 2" in said


def test_ddi_comes_as_a_file(cora: Coordinator) -> None:
    version = cora.store(core_file(), survey="roma")
    file = cora.get(f"{version}/files/ddi.xml")

    assert file.headers["content-type"].startswith("application/xml")
    assert 'filename="roma-2-ddi.xml"' in file.headers["content-disposition"]
    assert file.content.startswith(b"<?xml")


@pytest.mark.parametrize(
    "role", ["researcher", "output_checker", "dpo", "mediator", "administrator"]
)
def test_nobody_else_reads_or_stores(sqlite_stores: Stores, tmp_path: Path, role: str) -> None:
    other = Coordinator(sqlite_stores, tmp_path, role)
    for path in ("/office/questionnaires", UPLOAD, "/office/code-lists"):
        assert other.get(path).status_code == 403
    assert other.upload(small()).status_code == 403
    assert other.services.surveys.surveys_now() == []


# Hostile spreadsheets reach the page as one clear report


def test_a_workbook_with_a_formula_is_refused_with_its_cell(cora: Coordinator) -> None:
    sheets = {"survey": [["type", "name", "label::English (en)"],
                         ["text", "q", "=1+1"], ["text", "=cmd|' /C calc'!A0", "x"]]}  # fmt: skip
    page = cora.upload(write_xlsx(sheets), do="check")

    assert page.status_code == 422
    assert "survey 3" in words(page)


def test_a_file_is_read_by_what_it_is_whatever_it_is_called(cora: Coordinator) -> None:
    core = load()
    from survey_service.surveys.xlsform.exporting import as_sheets

    workbook = write_xlsx(as_sheets(core.questionnaire, core.code_lists))
    page = cora.upload(workbook, do="check", name="../../etc/passwd")

    assert page.status_code == 200
    assert "passwd" not in page.text
