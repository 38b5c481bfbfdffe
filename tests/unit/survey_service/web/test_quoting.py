"""Words that quote an answer: filled in on the server, neutral where there is none to quote."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import pytest

from schemas.notice import PurposeId
from schemas.questionnaire import Questionnaire
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_ending import given_answers
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.ddi import codebook_xml
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.xlsform.exporting import as_sheets
from survey_service.surveys.xlsform.findings import Outcome
from survey_service.surveys.xlsform.importing import Imported, import_workbook
from survey_service.surveys.xlsform.markdown import write_markdown
from tests.kit.field import Field
from tests.unit.survey_service.web.respondent import Respondent, respondent_on

FORM = """
| survey |
| | type | name | label::English (en) | label::Latviešu (lv) | label::Русский (ru) | hint::English (en) | hint::lv | hint::ru | constraint | constraint_message::en | constraint_message::lv | constraint_message::ru | helper | privacy_role |
| | select_one town | town | Where? | Kur? | Где? | | | | | | | | yes | plain |
| | integer | people | How many live in ${town}? | Cik dzīvo: ${town}? | Сколько живёт: ${town}? | | | | . <= 20 | | | | no | plain |
| | note | says | So ${people} in ${town}. | Tātad ${people}: ${town}. | Итак ${people}: ${town}. | | | | | | | | | |
| | integer | rooms | How many rooms? | Cik istabu? | Сколько комнат? | For ${people} people. | Cilvēkiem: ${people}. | Людей: ${people}. | . <= 9 and . != ${people} | Not ${people} in "${town}". | Ne ${people}, "${town}". | Не ${people}, "${town}". | yes | plain |
| | begin_repeat | home | Person | Persona | Человек | | | | | | | | | |
| | text | called | What shall we call this person? | Kā mēs šo cilvēku sauksim? | Как нам звать этого человека? | | | | | | | | no | identifier |
| | integer | age | How old is ${called}? | Cik gadu: ${called}? | Сколько лет: ${called}? | | | | . <= 120 | | | | no | plain |
| | end_repeat | | | | | | | | | | | | | |
| choices |
| | list_name | name | label::English (en) | label::Latviešu (lv) | label::Русский (ru) |
| | town | r | Riga & <Jelgava> | Rīga & <Jelgava> | Рига |
| | town | v | Valka | Valka | Валка |
"""  # noqa: E501 - a table


def imported(form: str = FORM) -> Imported:
    """Return what importing a form gives."""
    core = load()
    return import_workbook(
        form.encode(),
        code_lists={},
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )


def questionnaire() -> Questionnaire:
    """Return the questionnaire whose words quote answers."""
    found = imported()
    assert found.questionnaire is not None, [str(f) for f in found.findings]
    return found.questionnaire


@pytest.fixture
def inside(sqlite_stores: Stores, tmp_path: Path) -> Respondent:
    """Somebody who answers it."""
    field = Field(sqlite_stores, tmp_path)
    field.open_wave(questionnaire=questionnaire())
    respondent = respondent_on(field)
    respondent.consent()
    return respondent


def shown(respondent: Respondent, qid: str, language: str = "en") -> str:
    """Return a question's page."""
    answer = respondent.get(f"{language}/q/{qid}")
    assert answer.status_code == 200
    return answer.text


def heading(page: str) -> str:
    """Return the words of the question."""
    found = re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL)[0]
    return html.unescape(re.sub(r"<[^>]+>", "", found)).strip()


def say(respondent: Respondent, qid: str, **fields: str) -> None:
    """Answer a question."""
    assert respondent.post(f"en/q/{qid}", {"go": "next", **fields}).status_code == 303


def test_an_answer_is_quoted_in_words_in_the_language_of_the_page(inside: Respondent) -> None:
    assert heading(shown(inside, "people")) == "How many live in (not known here)?"
    say(inside, "town", value="r")
    page = shown(inside, "people")
    assert heading(page) == "How many live in Riga & <Jelgava>?"
    assert "<Jelgava>" not in page, "an answer is words and never markup"
    assert heading(shown(inside, "people", "ru")) == "Сколько живёт: Рига?"
    title = re.findall(r"<title>(.*?)</title>", page)[0]
    assert title.startswith("How many live in …?"), "a browser's history keeps what the tab says"
    say(inside, "town", value="v")
    assert heading(shown(inside, "people")) == "How many live in Valka?"


@pytest.mark.parametrize("state", ["state:refused", "state:dont_know"])
def test_what_was_refused_or_is_not_known_reads_like_what_was_not_said(
    inside: Respondent, state: str
) -> None:
    before = heading(shown(inside, "people", "lv"))
    say(inside, "town", value=state)
    assert heading(shown(inside, "people", "lv")) == before == "Cik dzīvo: (šeit nav zināms)?"


def test_hints_remarks_and_messages_quote_too_and_the_page_checks_with_the_same_words(
    inside: Respondent,
) -> None:
    say(inside, "town", value="r")
    say(inside, "people", value="4")
    page = shown(inside, "rooms")
    assert "For 4 people." in page
    assert "So 4 in Riga &amp; &lt;Jelgava&gt;." in page
    checks = json.loads(html.unescape(re.findall(r'data-checks="([^"]*)"', page)[0]))
    message = 'Not 4 in "Riga & <Jelgava>".'
    assert message in [check["message"] for check in checks["checks"]]
    wrong = inside.post("en/q/rooms", {"value": "4", "go": "next"})
    assert wrong.status_code == 422
    assert html.unescape(wrong.text).count(message) == 2, "in the summary and at the field"
    assert "data-checks" in wrong.text
    assert "\x02" not in page + wrong.text
    assert "${" not in page + wrong.text


def test_in_a_repeat_each_entry_quotes_its_own(inside: Respondent) -> None:
    for qid, value in (("town", "v"), ("people", "2"), ("rooms", "1"), ("home.0", "yes"),
                       ("called.1", "Anna"), ("age.1", "30"), ("home.1", "yes"),
                       ("called.2", "<b>Ēriks</b> ${town}")):  # fmt: skip
        say(inside, qid, value=value)
    assert heading(shown(inside, "age.1")) == "How old is Anna?"
    assert heading(shown(inside, "age.2")) == "How old is <b>Ēriks</b> ${town}?", "quoted once only"
    check = html.unescape(inside.get("en/check").text)
    assert "How old is Anna?" in check
    assert 'Change<span class="visually-hidden">: How old is Anna? (1)' in check
    assert "<b>Ēriks" not in inside.get("en/check").text


def test_what_a_helper_must_not_see_is_quoted_as_if_nobody_had_said_it() -> None:
    form = CompiledForm.compile(questionnaire(), {}, load().parameters)
    answers = {"town": {"state": "answered", "value": "v"}, "people": {"state": "answered", "value": 7}}  # fmt: skip  # noqa: E501
    draft = Draft("", "w", "en", {PurposeId.PARTICIPATION.value: True}, answers=answers)  # type: ignore[arg-type]
    shown_to_helper = frozenset({"town", "rooms"})
    parts = given_answers(form, draft, "en", shown_to_helper)
    rooms = next(g for p in parts for g in p.given if g.id == "rooms")
    quoting = form.quotes.asked(form.by_id["rooms"], {"town": answers["town"]}, "en")  # type: ignore[dict-item]
    assert rooms.text.text("en") == "How many rooms?"
    assert quoting.hint is not None
    assert quoting.hint.text("en") == "For (not known here) people."


def test_where_there_is_nobody_to_quote_the_name_stands_in_brackets() -> None:
    made = questionnaire()
    form = CompiledForm.compile(made, {}, load().parameters)
    assert form.variable["people"].label.text("en") == "How many live in [town]?"
    xml = codebook_xml(form, made.title).decode()
    assert "How many live in [town]?" in xml
    assert "${" not in xml
    again = imported(write_markdown(as_sheets(made, {})))
    assert again.questionnaire == made


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("| Where? |", "| Where, ${towm}? |", "row 4, label (en)", "no question named 'towm'"),
        ("| Where? |", "| Where, ${age}? |", "row 4, label (en)", "stands at row 10"),
        ("| Where? |", "| Where, ${town}? |", "row 4, label (en)", "stands at row 4"),
        ("| Person |", "| ${town} |", "row 8, label (en)", "Only questions, hints, notes"),
        ("| Valka | Valka |", "| ${town} | Valka |", "row 15, label (en)", "Only questions"),
    ],
)
def test_what_cannot_be_quoted_is_refused_with_its_place(
    old: str, new: str, place: str, said: str
) -> None:
    found = imported(FORM.replace(old, new, 1))
    refused = [f for f in found.findings if f.outcome is Outcome.REFUSED]
    assert found.questionnaire is None
    assert any(place in str(f.place) and said in f.message for f in refused), list(
        map(str, refused)
    )


def test_from_outside_a_repeat_nothing_in_it_can_be_quoted() -> None:
    outside = "| | integer | last | And ${called}? | Un ${called}? | А ${called}? | | | | . <= 9 | | | | no | plain |\n| choices |"  # noqa: E501
    found = imported(FORM.replace("| choices |", outside, 1))
    refused = [f for f in found.findings if f.outcome is Outcome.REFUSED]
    assert [f.message for f in refused] == ["'called' is asked once for each of several."] * 3


def test_the_report_says_what_a_quote_shows_to_others() -> None:
    said = [str(f) for f in imported().findings if f.outcome is Outcome.WARNING]
    assert any(
        "row 10" in s and "What was written at 'called' is shown here again" in s for s in said
    )
    assert any("row 7" in s and "Whoever helps reads a neutral word" in s for s in said)
    assert not any("row 5" in s and "Whoever helps" in s for s in said)
