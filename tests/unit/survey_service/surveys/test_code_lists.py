"""Code lists over the years: what was answered stays, what follows is known."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas.audit import Act
from schemas.canonical import digest
from schemas.codelist import CodeList
from schemas.questionnaire import Questionnaire
from survey_service.problems import InvalidInput
from survey_service.stores.stores import Stores
from survey_service.surveys.code_list_files import as_csv, next_version
from survey_service.surveys.core import load
from survey_service.surveys.reading import InvalidAnswer
from survey_service.surveys.successions import carried, list_changes, successions
from tests.kit.field import Field, people
from tests.unit.survey_service.surveys.coordinating import Coordinator, core_file, words

SHIPPED = load().code_lists["lv_municipalities"]
DATA = Path(__file__).parents[3] / "data" / "domain" / "lv_municipalities.csv"
REFORMED_2021, REFORMED_2025 = date(2021, 7, 1), date(2025, 7, 1)


def row(code: str, name: str, begin: str = "", end: str = "", successor: str = "") -> str:
    return f"{code},{name},{name},{name},{begin},{end},{successor}"


def file(*rows: str, base: CodeList = SHIPPED) -> bytes:
    """The list as a file, with rows added."""
    return as_csv(base) + "".join(f"{line}\r\n" for line in rows).encode()


def refused(data: bytes) -> list[str]:
    """What is said of a file, in English."""
    with pytest.raises(InvalidInput) as wrong:
        next_version(data, SHIPPED)
    return [error.message % dict(error.values) for error in wrong.value.fields]


def test_the_reform_of_2025_made_two_municipalities_one() -> None:
    before, after = SHIPPED.on(date(2025, 6, 30)), SHIPPED.on(REFORMED_2025)
    assert (len(before), len(after)) == (43, 42)
    ended = {one.code.text.root["lv"]: one.successor for one in successions(SHIPPED, REFORMED_2025)}
    assert set(ended) == {"Madonas novads", "Varakļānu novads"}
    assert {one.code for one in ended.values() if one} == {"LV0038001"}
    assert successions(SHIPPED, date(2025, 6, 30)) == ()


def test_the_shipped_list_says_what_the_classification_says() -> None:
    with DATA.open(encoding="utf-8", newline="") as opened:
        for line in csv.DictReader(opened):
            code = next(c for c in SHIPPED.codes if c.code == line["atvk_code"])
            days = [day.isoformat() if day else "" for day in (code.valid_from, code.valid_to)]
            assert days == [line["valid_from"], line["valid_to"]]
            assert (code.successor or "") == line["successor_code"]
            assert code.text.root["lv"] == line["name_lv"]


def test_what_was_before_the_reform_of_2021_is_led_to_what_is_today_over_two_steps() -> None:
    """Municipalities that the reform of 2021 ended, under numbers of our own."""
    older = next_version(
        file(
            row("OLD1", "Carnikavas novads", "2009-07-01", "2021-06-30", "LV0022000"),
            row("OLD2", "Lubānas novads", "2009-07-01", "2021-06-30", "LV0038000"),
            row("OLD3", "Nekur", "2009-07-01", "2021-06-30"),
        ),
        SHIPPED,
    )
    assert older.version == 2
    assert [c.code for c in older.on(date(2021, 6, 30))] == ["OLD1", "OLD2", "OLD3"]
    assert "OLD2" not in [c.code for c in older.on(REFORMED_2021)]
    assert older.today_for("OLD2", REFORMED_2021) == "LV0038000"
    assert older.today_for("OLD2", REFORMED_2025) == "LV0038001", "Madona changed once more"
    assert older.today_for("OLD3", REFORMED_2025) is None
    led = carried(older, older, REFORMED_2025)
    assert led["OLD1"] == "LV0022000"
    assert led["LV0055000"] == "LV0038001"
    assert led["LV0001000"] == "LV0001000"


def test_a_version_says_what_it_changed() -> None:
    text = as_csv(SHIPPED).decode().replace("LV0001000,Rīga", "LV0001000,Rīgas pilsēta")
    text = text.replace("2021-07-01,,\r\n", "2021-07-01,2029-12-31,LV0099000\r\n", 1)
    text += row("LV0099000", "Jauna", "2030-01-01") + "\r\n"
    made = next_version(text.encode(), SHIPPED, source="A test")
    changes = list_changes(SHIPPED, made)

    assert [c.code for c in changes.new] == ["LV0099000"]
    assert [c.code for c in changes.ended] == ["LV0001000"]
    assert [(old.text.root["lv"], new.text.root["lv"]) for old, new in changes.renamed] == [
        ("Rīga", "Rīgas pilsēta")
    ]
    assert made.source == "A test"


def test_the_classifications_own_columns_are_taken_and_words_that_lack_stay() -> None:
    made = next_version(DATA.read_bytes(), SHIPPED)
    for code in SHIPPED.codes:
        (now,) = (c for c in made.codes if c.code == code.code)
        assert now.text.root["ru"] == code.text.root["ru"], "the file has no Russian"
        assert (now.valid_from, now.valid_to, now.successor) == (
            code.valid_from, code.valid_to, code.successor,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"\xff\xfe", "no text in UTF-8"),
        (b"code\r\n", "1 to 5000 codes"),
        (b"name\r\nx\r\n", "one of them is code"),
        (file(row("<b>", "x")), "Row 46: this is no code"),
        (file(row("X1", "x", "soon")), "write the day as"),
        (file("X1,tikai latviski,,,,,"), "the words are missing in: ru, en"),
        (file(row("LV0001000", "Rīga")), "stands twice"),
        (file(row("X1", "x", "2030-01-01", "2029-01-01")), "ends before it begins"),
        (file(row("X1", "x", "", "2029-01-01", "X9")), "its successor is not in the file"),
        (file(row("X1", "x", "", "", "LV0001000")), "no day on which it ends"),
        (b"code,name_lv\r\nLV0001000,R\r\n", "a code is never removed"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_row(data: bytes, said: str) -> None:
    assert any(said in message for message in refused(data)), refused(data)


def test_a_new_version_never_rewrites_what_an_older_questionnaire_is_answered_by(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    cora = Coordinator(sqlite_stores, tmp_path)
    old = cora.store(core_file(), survey="roma")
    form = cora.services.surveys.library.form_now(old.rpartition("/")[2])
    before = [option.code for option in form.options_for("B1")]
    changed = as_csv(SHIPPED).decode().replace("Rīga,", "Galvaspilsēta,", 1).encode()

    page = cora.post(
        f"/office/code-lists/{digest(SHIPPED)}", {"source": "ATVK 2027"}, file=("x", changed)
    )
    assert page.status_code == 303
    said = words(cora.get(page.headers["location"]))
    assert "version 2" in said
    assert "Renamed: LV0001000 Riga" in said or "LV0001000" in said
    assert cora.logged()[-1] is Act.CODE_LIST_STORED

    again = Coordinator(sqlite_stores, tmp_path)  # nothing is kept in memory
    kept = again.services.surveys.library.form_now(old.rpartition("/")[2])
    assert [option.code for option in kept.options_for("B1")] == before
    assert kept.options_for("B1")[0].text.root["lv"] == "Rīga"
    second = again.store(core_file().replace(b"LV-ROMA-CORE", b"LV-ROMA-NEXT"), survey="next")
    newer = again.services.surveys.library.form_now(second.rpartition("/")[2])
    assert newer.options_for("B1")[0].text.root["lv"] == "Galvaspilsēta"
    shown = again.client.get(f"{old}?lang=lv").text
    assert ">Rīga<" in shown
    assert "Galvaspilsēta" not in shown


def test_a_version_after_one_that_is_not_the_newest_is_refused(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    cora = Coordinator(sqlite_stores, tmp_path)
    address = f"/office/code-lists/{digest(SHIPPED)}"
    assert cora.post(address, {}, file=("x", file(row("X1", "a")))).status_code == 303
    assert cora.post(address, {}, file=("x", file(row("X2", "b")))).status_code == 409
    assert cora.services.surveys.library.current_lists_now()[SHIPPED.id].version == 2


def on_the_day(day: date, version: int) -> Questionnaire:
    """The core questionnaire, its lists read as they stood on a day."""
    core = load().questionnaire
    return core.model_copy(update={"reference_day": day, "version": version})


def test_answers_from_before_a_reform_stand_and_each_wave_offers_what_was_there_on_its_day(
    sqlite_stores: Stores, tmp_path: Path
) -> None:
    ended = successions(SHIPPED, REFORMED_2025)
    gone = next(one.code.code for one in ended if one.code.text.root["lv"] == "Varakļānu novads")
    field = Field(sqlite_stores, tmp_path)
    old = field.open_wave(1, on_the_day(date(2025, 6, 30), 11))
    assert gone in [option.code for option in old.form.options_for("B1")]
    field.answer_all(
        old, [replace(p, posted={**p.posted, "B1": {"value": [gone]}}) for p in people(20)]
    )
    field.settle.run(old)
    old = field.close_wave(old)

    new = field.open_wave(2, on_the_day(REFORMED_2025, 12))
    offered = [option.code for option in new.form.options_for("B1")]
    assert gone not in offered
    with pytest.raises(InvalidAnswer):
        new.form.read("B1", {"value": [gone]}, {})

    later = next_version(file(row("LV0099000", "Jauns novads", "2027-01-01")), SHIPPED)
    assert carried(SHIPPED, later, date(2027, 1, 1))[gone] == "LV0038001"
    # Nothing of it reached what had been said, in the store and in the columns of tables.
    kept = [body["record"]["B1"]["value"] for body in field.answers.bodies(old.id)]
    assert kept == [gone] * 20
    columns = {old.form.coded(body["record"])["B1"] for body in field.answers.bodies(old.id)}
    assert columns == {gone}
    assert {carried(SHIPPED, SHIPPED, REFORMED_2025)[code] for code in kept} <= set(offered)
