"""Each thing that can be wrong with a spreadsheet is found with sheet, row, column and remedy."""

from __future__ import annotations

import pytest

from schemas.questionnaire import PrivacyRole, Question, Questionnaire
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.reading import InvalidAnswer
from survey_service.surveys.xlsform.findings import Finding, Outcome
from survey_service.surveys.xlsform.importing import Imported, import_workbook

CORE = load()


def imported(
    *rows: str, headings: str = "type | name | label::English (en)", more: str = ""
) -> Imported:
    """Return what a form of these rows gives; the first of them is line 3."""
    lines = ["| survey |", f"| | {headings} |", *(f"| | {row} |" for row in rows), more]
    return import_workbook(
        "\n".join(lines).encode(),
        code_lists=CORE.code_lists,
        parameters=CORE.parameters,
        reference_day=CORE.questionnaire.reference_day,
    )


def refused(found: Imported) -> list[Finding]:
    """Return what keeps the file out."""
    assert found.questionnaire is None
    return [finding for finding in found.findings if finding.outcome is Outcome.REFUSED]


def taken(found: Imported) -> Questionnaire:
    """Return the questionnaire, which has to be there."""
    assert found.questionnaire is not None, [str(f) for f in found.findings]
    return found.questionnaire


WITH_CONDITION = "type | name | label::English (en) | relevant | constraint | calculation"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("${nobody} = 1", "no question named 'nobody'"),
        ("${b} = 1", "stands at row 5"),
        ("${a} = 1 and", "The expression stops"),
        ("frobnicate(${a})", "no function frobnicate()"),
        ("jr:choice-name(${a}, 'x')", "no function jr:choice-name()"),
        ("selected(${a})", "takes 2 to 2 terms"),
        ("${a} div 0 = 1", "divides by zero"),
        ("${a} mod (1 - 1) = 1", "divides by zero"),
        ("regex(${a}, '(a+)+b')", "for ever"),
        ("regex(${a}, '((a+))*b')", "for ever"),
        ("regex(${a}, '(a)\\\\1')", "for ever"),
        ("regex(${a}, '[')", "pattern is none"),
        ("regex(${a}, ${a})", "written out"),
        (". = 1", "being checked"),
        ("name = 1", "neither an answer nor a text"),
        ("__import__('os').system('x')", "no function"),
        ("${a} = 1; ${a} = 2", "no part of an expression"),
        ("(" * 1_000 + "1" + ")" * 1_000, "nests more than"),
        ("not(" * 1_000 + "1" + ")" * 1_000, "nests more than"),
        ("-" * 1_000 + "${a} = " + "(" * 30 + "1" + ")" * 30, "nests more than"),
        ("1" + "+1" * 1_000 + " = 1", "too long"),
        ("${a} = " + "1" * 20_000, "10,000 characters"),
    ],
)  # fmt: skip
def test_an_expression_that_cannot_be_taken_is_refused_where_it_stands(
    condition: str, message: str
) -> None:
    found = refused(
        imported(
            "integer | a | How many? | | . <= 5 | ",
            f"integer | c | And? | {condition} | . <= 5 | ",
            "integer | b | Later? | | . <= 5 | ",
            headings=WITH_CONDITION,
        )
    )
    assert len(found) == 1
    assert message in found[0].message
    assert (found[0].place.sheet, found[0].place.row) == ("survey", 4)
    assert found[0].remedy


def test_names_that_look_at_each_other_in_a_circle_are_found_once() -> None:
    found = refused(
        imported(
            "calculate | a | | | | ${b} + 1",
            "calculate | b | | | | ${c} + 1",
            "calculate | c | | | | ${a} + 1",
            "integer | d | How many? | ${d} = 1 | . <= 5 | ",
            headings=WITH_CONDITION,
        )
    )
    circles = [f for f in found if "circle" in f.message]
    assert [f.place.row for f in circles] == [3, 6]
    assert "a → b → c → a" in circles[0].message


def test_a_calculation_takes_part_in_conditions_and_is_not_stored() -> None:
    made = taken(
        imported(
            "integer | a | How many? | | . <= 5 | ",
            "calculate | twice | | | | ${a} * 2",
            "integer | b | Why so many? | ${twice} > 6 | . <= 5 | ",
            headings=WITH_CONDITION,
        )
    )
    assert [question.id for question in made.questions] == ["a", "b"]
    assert made.questions[1].looks_at == {"a"}


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("geopoint | where | Where? ", "'geopoint' is not taken"),
        ("select_one nowhere | a | Which? ", "no list of choices named 'nowhere'"),
        ("text | 1st | What? ", "'1st' cannot be a name"),
        ("text | meta | What? ", "'meta' cannot be a name"),
        ("text | | What? ", "no name"),
        ("text | first | What? ", "already stands at row 3"),
        ("text | a | ", "has no label"),
        ("text | a | You said ${last} ", "no question named 'last'"),
        ("end_group | | ", "No group is open"),
        ("begin_group | g | Group ", "never closed"),
        ("begin_repeat | r | Person ", "never closed"),
        ("end_repeat | | ", "No repeat is open"),
        (" | a | Lost? ", "has no type"),
    ],
)
def test_a_row_that_cannot_be_taken_is_refused_where_it_stands(row: str, message: str) -> None:
    found = refused(imported("text | first | First? ", row))
    assert [(f.place.row, message in f.message) for f in found] == [(4, True)], found
    assert found[0].remedy


def test_everything_is_found_at_once() -> None:
    rows = ("geopoint | a | A? ", "barcode | b | B? ", "text | c | ", "text | c | C? ")
    assert [f.place.row for f in refused(imported(*rows))] == [3, 4, 5, 6]


def test_groups_deeper_than_six_are_refused() -> None:
    opened = [f"begin_group | g{n} | Group " for n in range(7)]
    found = refused(imported(*opened, "text | a | A? ", *["end_group | | "] * 7))
    assert [f.place.row for f in found] == [9]


def test_a_missing_translation_is_an_error_but_romani_may_wait() -> None:
    headings = "type | name | label::English (en) | label::Latviešu (lv)"
    found = refused(imported("text | a | What? | ", headings=headings))
    assert [(f.place.row, f.place.column) for f in found] == [(3, "label (lv)")]
    awaited = headings.replace("Latviešu (lv)", "Romani (rom)")
    assert taken(imported("text | a | What? | ", headings=awaited)).languages == ("en", "rom")


def test_two_columns_of_one_language_are_refused() -> None:
    headings = "type | name | label::English (en) | label::English"
    found = refused(imported("text | a | What? | What?", headings=headings))
    assert found[0].place.column == "label::English"


PRIVATE = (
    "type | name | label::English (en) | privacy_role | gdpr_category | purpose | helper | derive"
)


def test_without_a_word_on_privacy_the_careful_choice_is_taken() -> None:
    made = taken(imported("text | a | What? ", "integer | b | How many? "))
    text, number = made.questions
    assert (text.privacy_role, text.releasable) == (PrivacyRole.IDENTIFIER, False)
    assert (number.privacy_role, number.releasable) == (PrivacyRole.SENSITIVE, False)
    assert not text.helper


def question(row: str) -> Question:
    """Return the question of one row with the columns on privacy."""
    return taken(imported(row, headings=PRIVATE)).questions[0]


def test_our_own_columns_are_carried_through() -> None:
    asked = question(
        "integer | a | How old? | quasi_identifier | none | participation | yes | banded(16, 65)"
    )
    assert (asked.privacy_role, asked.helper, asked.releasable) == ("quasi_identifier", True, True)
    assert asked.derive is not None
    assert asked.derive.model_dump() == {"how": "banded", "cuts": (16, 65)}
    assert question(
        "integer | a | Ill? | sensitive | article_9 | ethnic_health | no | "
    ).purpose == ("ethnic_health")


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("integer | a | Ill? | sensitive | article_9 | | no | ", "purpose"),
        ("integer | a | Ill? | sensitive | article_9 | participation | no | ", "purpose"),
        ("integer | a | Ill? | sensitive | none | ethnic_health | no | ", "gdpr_category"),
        ("integer | a | Ill? | secret | | | no | ", "privacy_role"),
        ("integer | a | Ill? | plain | | | perhaps | ", "helper"),
        ("integer | a | Ill? | plain | | | no | banded", "derive"),
        ('integer | a | Ill? | plain | | | no | {"how": "exec"}', "derive"),
    ],
)
def test_a_column_of_ours_that_says_nothing_known_is_refused(row: str, column: str) -> None:
    found = refused(imported(row, headings=PRIVATE))
    assert {(f.place.row, f.place.column) for f in found} == {(3, column)}


def test_limits_come_from_constraints_and_the_rest_stays_a_test() -> None:
    made = taken(
        imported(
            "integer | all | How many? | | . >= 1 and . < 26 | ",
            "integer | some | Of them? | | . <= ${all} - 1 and . != 13 | ",
            "text | mail | Why? | | regex(., '[a-z]+') and string-length(.) <= 40 | ",
            headings=WITH_CONDITION,
        )
    )
    everybody, some, text = made.questions
    assert (everybody.minimum, everybody.maximum, everybody.constraint) == (1, 25, None)
    assert some.ceiling is not None
    assert (some.ceiling.question, some.ceiling.less) == ("all", 1)
    assert some.constraint is not None
    assert text.max_length == 40
    assert text.constraint is not None


CHOICES = """
| choices |
| | list_name | name | label::English (en) | region |
| | towns | riga | Rīga | centre |
| | towns | liepaja | Liepāja | west |
"""


def test_a_filter_on_the_choices_own_columns_is_worked_out_at_once() -> None:
    headings = "type | name | label::English (en) | choice_filter"
    made = taken(
        imported("select_one towns | t | Town? | region = 'west'", headings=headings, more=CHOICES)
    )
    assert [option.code for option in made.questions[0].options] == ["liepaja"]


@pytest.mark.parametrize(
    ("choice_filter", "message"),
    [
        ("region = ${nobody}", "no question named 'nobody'"),
        ("region = ${t}", "stands at row 4"),
        ("region = today()", "today()"),
        ("region = .", "what a choice does not have"),
        ("region = 'north'", "No choice is left"),
        ("region = ${r} div 0", "divides by zero"),
    ],
)
def test_a_filter_that_cannot_be_taken_is_refused_where_it_stands(
    choice_filter: str, message: str
) -> None:
    headings = "type | name | label::English (en) | choice_filter"
    rows = ("text | r | Region? | ", f"select_one towns | t | Town? | {choice_filter}")
    found = refused(imported(*rows, headings=headings, more=CHOICES))
    assert [(f.place.row, f.place.column) for f in found] == [(4, "choice_filter")] or (
        message == "stands at row 4"
    )
    assert any(message in f.message or "circle" in f.message for f in found)
    assert all(f.remedy for f in found)


REPEAT = "type | name | label::English (en) | releasable | derive | calculation | repeat_count"


@pytest.mark.parametrize(
    ("row", "after", "message"),
    [
        ("integer | age | How old? | yes | | | ", "", "can be in no table"),
        ("integer | age | How old? | | dropped | | ", "", "Nothing is derived"),
        ("begin_repeat | q | Pet | | | | ", "end_repeat | | | | | | ", "in a repeat"),
        ("integer | age | How old? | | | | ", "note | n | Well. | | | | ", "leads to no question"),
        ("note | n | Well. | | | | ", "", "asks nothing"),
    ],
)
def test_what_a_repeat_cannot_hold_is_refused(row: str, after: str, message: str) -> None:
    rows = ("begin_repeat | p | Person | | | | ", row, after, "end_repeat | | | | | | ")
    first = "integer | a | A? | | | | "
    found = refused(imported(first, *(r for r in rows if r), headings=REPEAT))
    assert any(message in f.message and f.remedy and f.place.row for f in found), found


def test_answers_of_a_repeat_are_looked_at_together_only() -> None:
    rows = (
        "begin_repeat | p | Person | | | | ",
        "integer | age | How old? | | | | ",
        "calculate | twice | | | | ${age} * 2 | ",
        "end_repeat | | | | | | ",
    )
    for formula, message in (
        ("${age} + 1", "asked once for each"),
        ("concat(${age}, 'x')", "asked once for each"),
        ("${twice}", "worked out anew"),
        ("sum(1)", "take the answers of a repeat"),
    ):
        found = refused(imported(*rows, f"calculate | c | | | | {formula} | ", headings=REPEAT))
        assert [(f.place.row, message in f.message) for f in found] == [(7, True)], found
    taken(imported(*rows, "calculate | c | | | | sum(${age}) + count(${p}) | ", headings=REPEAT))


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ("towns | riga | Again | ", "already has"),
        ("towns | refused | No | ", "cannot be the name"),
        ("towns | a b | Two | ", "cannot be the name"),
        ("towns | '><script> | X | ", "cannot be the name"),
        ("towns | | Nameless | ", "needs a list_name and a name"),
    ],
)
def test_a_choice_that_cannot_be_taken_is_refused_where_it_stands(
    choice: str, message: str
) -> None:
    found = refused(
        imported("select_one towns | t | Town? ", more=CHOICES.rstrip() + f"\n| | {choice} |")
    )
    assert [(f.place.sheet, f.place.row) for f in found] == [("choices", 9)]
    assert message in found[0].message


def test_words_from_right_to_left_emoji_and_markup_are_only_words() -> None:
    words = "שלום 😀 <script>alert(1)</script> {{ 7*7 }} %(x)s"
    made = taken(imported(f"text | a | {words} "))
    assert made.questions[0].text.root == {"en": words}


def test_remarks_keep_their_place() -> None:
    made = taken(
        imported("note | hello | Hello. ", "text | a | What? ", "note | bye | Thank you. ")
    )
    assert [(r.id, r.before) for r in made.remarks] == [("hello", "a"), ("bye", None)]


def test_a_group_asks_its_condition_of_all_that_is_in_it() -> None:
    made = taken(
        imported(
            "integer | a | How many? | | . <= 5 | ",
            "begin_group | g | Group | ${a} > 1 | | ",
            "integer | b | And? | ${a} < 4 | . <= 5 | ",
            "end_group | | | | | ",
            headings=WITH_CONDITION,
        )
    )
    assert made.questions[1].model_dump()["relevant"]["node"] == "all"
    assert made.questions[1].section == "g"


def test_what_breaks_a_constraint_is_asked_again_and_a_refusal_never_is() -> None:
    rows = ("integer | a | How many? | | . != 4 | ",)
    form = CompiledForm.compile(
        taken(imported(*rows, headings=WITH_CONDITION)), CORE.code_lists, CORE.parameters
    )
    assert form.read("a", {"value": ["5"]})["value"] == 5
    assert form.read("a", {"state": ["refused"]})["state"] == "refused"
    with pytest.raises(InvalidAnswer):
        form.read("a", {"value": ["4"]})
