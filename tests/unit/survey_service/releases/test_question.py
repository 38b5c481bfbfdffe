"""Normal forms: equal questions are equal, and only those."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.requests import RequestPurpose, TableRequest
from survey_service.problems import InvalidInput
from survey_service.releases.codebook import codebook
from survey_service.releases.composing import Composition, asked, composition, composition_of
from survey_service.releases.question import layout_of, normalised, question_hash
from survey_service.surveys.core import load

BOOK = codebook(load().form, load().hierarchies)


def request(rows: tuple[str, ...], **more: Any) -> TableRequest:
    fields = {
        "survey": "s",
        "wave": "w",
        "rows": rows,
        "purpose_code": RequestPurpose.POLICY,
        "purpose_text": "x" * 40,
    }
    return TableRequest.model_validate(fields | more)


def test_order_layout_repetition_and_purpose_make_no_other_question() -> None:
    one, _ = normalised(
        request(("E1",), columns=("B1",), filters=[{"variable": "B4", "codes": ["2", "1", "2"]}]),
        BOOK,
    )
    other, layout = normalised(
        request(
            ("B1", "E1"),
            filters=[{"variable": "B4", "codes": ["1", "2"]}],
            purpose_text="y" * 50,
        ),
        BOOK,
    )

    assert question_hash(one) == question_hash(other)
    assert layout.rows == ("B1", "E1")


@pytest.mark.parametrize(
    "more",
    [
        {"columns": ("B4",)},
        {"filters": [{"variable": "B4", "codes": ["1"]}]},
        {"states": "merged"},
        {"merge": [{"variable": "E1", "name": "x", "codes": ["1", "2"]}]},
    ],
)
def test_other_numbers_are_another_question(more: dict[str, Any]) -> None:
    plain, _ = normalised(request(("E1",)), BOOK)

    assert question_hash(normalised(request(("E1",), **more), BOOK)[0]) != question_hash(plain)


def test_a_merged_group_is_named_by_its_codes() -> None:
    merge = [{"variable": "E1", "name": "whatever", "codes": ["2", "1"]}]
    question, _ = normalised(request(("E1",), merge=merge), BOOK)

    assert question.merge[0].name == "1+2"
    assert question.merge[0].codes == ("1", "2")


def test_places_are_offered_as_regions_only() -> None:
    place = BOOK.by_name["B1"]

    assert set(place.value_codes) == {"RIGA", "LATGALE", "ZEMGALE", "KURZEME", "VIDZEME"}
    assert place.title.text("en") == "Planning region"
    assert all(not code.startswith("LV") for code in place.codes)


def test_free_text_and_contact_are_never_offered() -> None:
    assert "B6" not in BOOK.by_name
    assert not [name for name in BOOK.by_name if name.startswith("J")]


def test_an_item_with_several_answers_is_one_yes_or_no_variable_each() -> None:
    assert BOOK.by_name["F3.water"].value_codes == ("yes", "no")
    assert "F3" not in BOOK.by_name


def test_a_composition_survives_its_address() -> None:
    composed = Composition(
        wave="w",
        rows=("B1",),
        columns=("E1",),
        filters=("B4",),
        codes=("B4:1", "B4:2"),
        states="merged",
        merge=("E1:1+2:1+2",),
    )
    question, layout = normalised(asked(composed, "s"), BOOK)

    assert composition_of(question, layout) == composed
    assert layout_of(question).rows == ("B1",)


def test_what_is_missing_is_named_by_field() -> None:
    fields = {"filters": ["B4"], "wave": ["w"]}
    composed = composition(lambda name: fields.get(name, []))

    with pytest.raises(InvalidInput) as refused:
        asked(composed, "s", {"code": "fun", "text": "short"})
    assert [error.field for error in refused.value.fields] == [
        "rows",
        "filters",
        "purpose_code",
        "purpose_text",
    ]
