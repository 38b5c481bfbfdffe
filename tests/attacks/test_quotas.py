"""Quotas: what is shown of groups, all of it together and over time, gives no small group away.

The attacker knows the rule, everything shown, and the exact total: one batch is often exactly
twenty. He tries every way in which people could have answered.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from survey_service.quotas.planning import usable
from survey_service.quotas.service import Plan, Quotas
from survey_service.quotas.showing import Shown, shown
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.waves import Wave, WaveState
from tests.kit.field import SLUG, Field, people

SEX, REGION = "B4", "B1"
TOTALS = range(20, 61, 10)


def told(total: int, *counts: int) -> tuple[object, ...]:
    """Return what is shown of a wave, as something to compare."""
    found: Shown = shown(total, {str(n): count for n, count in enumerate(counts)})
    return (found.total, *found.groups.values())


@pytest.mark.parametrize("groups", [1, 2, 3])
@pytest.mark.parametrize("total", TOTALS)
def test_no_hidden_group_nor_what_is_left_can_be_bounded_to_a_handful(
    total: int, groups: int
) -> None:
    possible: dict[object, list[tuple[int, ...]]] = defaultdict(list)
    for counts in product(range(total + 1), repeat=groups):
        if sum(counts) <= total:
            possible[told(total, *counts)].append(counts)
    for (whole, *said), ways in possible.items():
        assert whole == total
        hidden = [place for place, least in enumerate(said) if least is None]
        left = {total - sum(way) for way in ways}
        assert max(left) >= 19, "who belongs to no group is a group too"
        assert len(left) >= 10
        for place, least in enumerate(said):
            seen = {way[place] for way in ways}
            if least is None:
                assert 0 in seen
                assert max(seen) >= 19
            else:
                assert min(seen) >= least
                assert len(seen) >= 10
        together = {sum(way[place] for place in hidden) for way in ways}
        assert not hidden or {0, 19} <= together, "all that is hidden, taken as one group"


def test_nor_by_what_was_shown_before_the_last_batch() -> None:
    states = [(a, r) for a in range(71) for r in range(71 - a) if a + r >= 20 and not (a + r) % 10]
    names = [(a + r, told(a + r, a)) for a, r in states]
    number = {name: place for place, name in enumerate(sorted(set(names), key=repr))}
    group, rest = np.array(states).T
    seen = np.array([number[name] for name in names])
    before, after = np.meshgrid(np.arange(len(states)), np.arange(len(states)), indexing="ij")
    total = group + rest
    fits = (group[before] <= group[after]) & (rest[before] <= rest[after])
    fits &= total[after] - total[before] >= 20
    before, after = before[fits], after[fits]
    story = seen[before] * len(number) + seen[after]
    for one in np.unique(story):
        ways = story == one
        for counts in (rest[before], rest[after], group[before], group[after]):
            assert counts[ways].max() >= 19
            assert counts[ways].max() - counts[ways].min() >= 9


# In the service


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    """The rooms, whose settling counts quotas."""
    field = Field(sqlite_stores, tmp_path)
    field.settle._counting = Quotas(sqlite_stores.office, field.audit, field.answers)
    return field


@pytest.fixture
def wave(field: Field) -> Wave:
    """A wave with quotas on sex, in the field."""
    core = load()
    field.surveys.add_survey_now(SLUG, core.questionnaire.title)
    field.surveys.add_version_now(SLUG, core.questionnaire, core.notice)
    name = field.surveys.add_wave_now(SLUG, 1, core.questionnaire, core.notice, planned_sample=99)
    groups = dict.fromkeys(usable(field.surveys.wave_now(name))[SEX].value_codes, 20)
    quotas(field).set_now(field.surveys.wave_now(name), [SEX], groups)
    return field.surveys.move_now(name, WaveState.OPEN)


def quotas(field: Field) -> Quotas:
    """The quotas as settling knows them."""
    found = field.settle._counting
    assert isinstance(found, Quotas)
    return found


def plan(field: Field, wave: Wave) -> Plan:
    """Return what the coordinator is shown."""
    found = quotas(field).read_now(wave)
    assert found is not None
    return found


def test_figures_move_with_batches_and_with_nothing_else(field: Field, wave: Wave) -> None:
    everybody = people(60)
    field.answer_all(wave, everybody[:19])
    assert not plan(field, wave).counted
    codes = field.answer_all(wave, everybody[19:40])
    field.settle.run(wave, closing=False)
    first = plan(field, wave)
    assert first.counted
    for code in codes[:11]:
        asyncio.run(field.rights.erase(code))
    field.answer_all(wave, everybody[40:50])
    field.settle.run(wave)
    assert plan(field, wave) == first, "ten more wait, and nothing is told of them"
    assert quotas(field).total_now(wave.id) == (True, first.total)


def test_a_crash_between_settling_and_counting_is_made_good(
    field: Field, wave: Wave, monkeypatch: pytest.MonkeyPatch
) -> None:
    def died(_self: Quotas, _wave: Wave) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Quotas, "settled", died)
        with pytest.raises(OSError):  # noqa: PT011 - nothing but the death
            field.answer_all(wave, people(20))
    assert not plan(field, wave).counted
    field.settle.run(wave)
    assert plan(field, wave).counted


def test_a_reached_quota_changes_nothing_for_who_answers(field: Field, wave: Wave) -> None:
    everybody = people(80)
    field.answer_all(wave, everybody[:60])
    assert plan(field, wave).reached > 0
    assert len(field.answer_all(wave, everybody[60:])) == 20
    assert field.answers.count(wave.id) == 80


def test_the_form_knows_nothing_of_quotas() -> None:
    """No module that serves respondents reaches the room of quotas."""
    rooms = Path(__file__).parents[2] / "survey_service"
    serving = [rooms / "parts" / "front.py"]
    serving += [file for room in ("collection", "rights", "assisted") for file in
                (rooms / room).rglob("*") if file.suffix in (".py", ".html")]  # fmt: skip
    naming = [file.name for file in serving if "quota" in file.read_text("utf-8").lower()]
    assert not naming
