"""What a plan allows follows from questionnaire, sample and register alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from schemas.policy import Policy
from survey_service.problems import InvalidInput
from survey_service.releases.codebook import Codebook, codebook
from survey_service.releases.feasibility import LIKELY, at_least
from survey_service.releases.protecting import policy_of
from survey_service.risk.even import Shares, even_shares
from survey_service.risk.preview import (
    Prospect,
    RiskPreview,
    Verdict,
    expected_for,
    risk_preview,
)
from survey_service.risk.sample import areas, proportional, read_parts
from survey_service.surveys.core import load

CORE = load()
REGIONS = {row.region for row in CORE.register}


@pytest.fixture(scope="module")
def book() -> Codebook:
    return codebook(CORE.form, CORE.hierarchies)


@pytest.fixture(scope="module")
def shares(book: Codebook) -> Shares:
    return even_shares(CORE.form, book)


def planned(book: Codebook, shares: Shares, people: int) -> RiskPreview:
    sample = areas(CORE.register, proportional(CORE.register, people))
    return risk_preview(book, shares, sample, policy_of(book))


@pytest.mark.parametrize("people", [0, 1, 57, 1000])
def test_a_proportional_sample_has_exactly_as_many_as_planned(people: int) -> None:
    parts = proportional(CORE.register, people)
    assert sum(parts.values()) == people
    largest = max(CORE.register, key=lambda row: row.roma)
    assert parts[largest.code] == max(parts.values())


def test_every_share_counts_everybody_and_knows_only_codes_of_the_list(
    book: Codebook, shares: Shares
) -> None:
    for variable in book.variables:
        assert sum(shares[variable.name].values()) == pytest.approx(1)
        assert set(shares[variable.name]) <= set(variable.codes)


def test_who_is_sent_past_a_question_is_not_counted_as_asked(
    book: Codebook, shares: Shares
) -> None:
    everybody = planned(book, shares, 1000)
    asked = {one.name: one.asked for one in everybody.questions}
    assert asked["H1.job"] == 1000
    assert 0 < asked["H2.job"] < 700


def test_a_large_sample_can_use_every_question_by_region(book: Codebook, shares: Shares) -> None:
    found = planned(book, shares, 4000)
    assert {one.verdict for one in found.questions} == {Verdict.BY_REGION}


def test_a_small_sample_can_only_withhold(book: Codebook, shares: Shares) -> None:
    found = planned(book, shares, 15)
    assert {one.verdict for one in found.questions} == {Verdict.WITHHELD}
    assert {region.prospect for region in found.regions} == {Prospect.NEVER}
    for table in found.tables:
        assert table.groups[Prospect.LIKELY] == 0


def test_between_the_two_some_questions_are_good_for_the_country_only(
    book: Codebook, shares: Shares
) -> None:
    verdicts = [one.verdict for one in planned(book, shares, 60).questions]
    assert len(set(verdicts)) > 2
    assert Verdict.WITHHELD in verdicts


def test_a_region_with_fewer_respondents_than_a_group_needs_is_never_published(
    book: Codebook, shares: Shares
) -> None:
    parts = proportional(CORE.register, 1000)
    for row in CORE.register:
        if row.region == "VIDZEME":
            parts[row.code] = 0
    sample = areas(CORE.register, parts)
    found = risk_preview(book, shares, sample, policy_of(book))
    by_code = {region.code: region.prospect for region in found.regions}
    assert by_code.pop("VIDZEME") is Prospect.NEVER
    assert set(by_code.values()) == {Prospect.LIKELY}
    place = next(v.name for v in book.variables if set(v.value_codes) == REGIONS)
    with_place = [table for table in found.tables if place in table.variables]
    assert all(table.groups[Prospect.NEVER] for table in with_place)
    assert not any(t.groups[Prospect.NEVER] for t in found.tables if place not in t.variables)


def test_an_area_where_few_of_the_group_live_is_never_published(
    book: Codebook, shares: Shares
) -> None:
    register = [
        replace(row, roma=min(row.roma, 3)) if row.region == "LATGALE" else row
        for row in CORE.register
    ]
    sample = areas(register, {row.code: min(row.roma, 30) for row in register})
    found = risk_preview(book, shares, sample, policy_of(book))
    lowest = next(region for region in found.regions if region.code == "LATGALE")
    assert lowest.register < 100
    assert lowest.prospect is Prospect.NEVER


def test_the_rarest_answer_is_as_rare_as_the_threshold_lets_it_be(
    book: Codebook, shares: Shares
) -> None:
    found = planned(book, shares, 1000)
    question = next(one for one in found.questions if one.asked == 1000)
    assert at_least(found.policy.threshold, 1000 * question.rarest) >= LIKELY
    assert at_least(found.policy.threshold, 1000 * question.rarest - 0.1) < LIKELY
    assert question.rarest_by_region > question.rarest
    assert expected_for(20) > expected_for(10) > 10


def test_a_stricter_policy_leaves_less(book: Codebook, shares: Shares) -> None:
    sample = areas(CORE.register, proportional(CORE.register, 300))
    mild = risk_preview(book, shares, sample, Policy(threshold=5, breakdowns=()))
    strict = risk_preview(book, shares, sample, Policy(threshold=30, breakdowns=()))
    assert sum(q.whole[0] for q in strict.questions) < sum(q.whole[0] for q in mild.questions)


@pytest.mark.parametrize("text", ["-1", "1.5", "many", "٣", "9999999999"])
def test_a_number_that_is_none_is_named_by_its_field(text: str) -> None:
    code = CORE.register[0].code
    with pytest.raises(InvalidInput) as wrong:
        read_parts(CORE.register, {code: text})
    assert [error.field for error in wrong.value.fields] == [f"n.{code}"]


def test_nobody_can_plan_more_people_than_live_there() -> None:
    row = CORE.register[0]
    assert read_parts(CORE.register, {row.code: str(row.roma)})[row.code] == row.roma
    with pytest.raises(InvalidInput):
        read_parts(CORE.register, {row.code: str(row.roma + 1)})
