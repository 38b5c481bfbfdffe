"""The preview: from the sample planned, the register and what is published."""

from __future__ import annotations

import pytest

from schemas.requests import Chance
from survey_service.releases.feasibility import at_least, feasibility
from survey_service.releases.question import normalised
from survey_service.surveys.core import RegisterRow
from tests.unit.survey_service.releases.conftest import Office

REGISTER = (
    RegisterRow("LV0001000", "RIGA", 900, 9000),
    RegisterRow("LV0002000", "LATGALE", 80, 9000),
    RegisterRow("LV0003000", "ZEMGALE", 15, 9000),
    RegisterRow("LV0005000", "KURZEME", 4, 9000),
    RegisterRow("LV0006000", "VIDZEME", 1, 9000),
)


def chances(office: Office, *rows: str, planned: int = 800, **more: object) -> dict[str, Chance]:
    book = office.releases.desk.book(office.releases.desk.waves()[0])
    asked, _ = normalised(office.asked(*rows, **more), book)  # type: ignore[arg-type]
    made = feasibility(asked, book, planned, REGISTER, [])
    return {"/".join(cell.codes): cell.chance for cell in made.cells}


def test_places_are_as_likely_as_the_register_says(office: Office) -> None:
    found = chances(office, "B1")

    assert found["RIGA"] is Chance.LIKELY
    assert found["LATGALE"] is Chance.LIKELY
    assert found["ZEMGALE"] is Chance.UNLIKELY
    assert found["VIDZEME"] is Chance.UNLIKELY


def test_a_larger_sample_makes_more_likely_and_a_filter_less(office: Office) -> None:
    def likely(**more: object) -> int:
        found = chances(office, "B1", by=("E1",), **more)  # type: ignore[arg-type]
        return sum(chance is Chance.LIKELY for chance in found.values())

    assert likely(planned=40) < likely() < likely(planned=4000)
    assert likely(where={"B4": ("1",)}) <= likely()


def test_what_is_published_takes_the_place_of_guesses(office: Office) -> None:
    before = office.run(office.releases.preview(office.asked("E1"))).feasibility
    office.release(office.asked("E1"))
    after = office.run(office.releases.preview(office.asked("E1", by=("B4",)))).feasibility

    assert before.assumed_even == ("E1",)
    assert after.assumed_even == ("B4",)
    assert after.people_published


def test_a_table_that_is_published_is_named(office: Office) -> None:
    release = office.release(office.asked("E1"))

    assert office.run(office.releases.preview(office.asked("E1"))).release_id == release


@pytest.mark.parametrize(
    ("least", "expected", "chance"),
    [(1, 0.0, 0.0), (0, 5.0, 1.0), (10, 10.0, 0.5421), (20, 5.0, 0.0), (10, 40.0, 1.0)],
)
def test_the_chance_is_poissons(least: int, expected: float, chance: float) -> None:
    """Source: Poisson tail, 1 - sum of e^-m m^i / i! for i below the least."""
    assert at_least(least, expected) == pytest.approx(chance, abs=1e-4)
