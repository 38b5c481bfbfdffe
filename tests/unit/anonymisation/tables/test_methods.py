from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from pydantic import ValidationError

from anonymisation import CellSystem, Ledger, Policy, ReleasedTable, TableSpec, attack, tabulate
from anonymisation.errors import BadPolicy, BadTable, Refused
from anonymisation.tables.cell_key import cell_keys, record_keys
from anonymisation.tables.company import budget_of
from anonymisation.tables.methods import Publication, publish
from anonymisation.tables.protection import Protection
from anonymisation.tables.published import printed_facts
from schemas.methods import Budget, CellKey, Geometric, Rounding
from schemas.tables import CellMark, ProtectedTable
from tests.unit.anonymisation.frames import groups, survey

FRAME = survey()
REGION_H1 = TableSpec(["region", "H1"])
REGION_SEX = TableSpec(["region", "sex"])
ROUNDED = Policy(threshold=4, zeros="published", method=Rounding(base=5))
KEYED = Policy(threshold=4, zeros="published", promise="P1", method=CellKey())
NOISED = Policy(threshold=4, method=Geometric(epsilon="1", total="2"))
EXACT = Policy(threshold=4, zeros="published")
KEYS = record_keys(map(str, range(len(FRAME))), b"secret")


def source(seed: int = 5) -> Callable[[int], int]:
    chance = np.random.default_rng(seed)
    return lambda ways: int(chance.integers(ways))


def released(found: Publication | Protection, ledger: Ledger | None = None) -> Ledger:
    ledger = ledger or Ledger()
    for table in found.tables:
        ledger = ledger.with_release(ReleasedTable(release="r", table=table))
    return ledger


def rounded(spec: TableSpec, ledger: Ledger | None = None, policy: Policy = ROUNDED) -> Publication:
    system = tabulate(FRAME, [spec], ledger=ledger)
    found = publish(system, policy, ledger, secret=b"seed")
    assert isinstance(found, Publication)
    return found


def keyed(spec: TableSpec, ledger: Ledger | None = None, secret: bytes = b"secret") -> Publication:
    system = tabulate(FRAME, [spec], ledger=ledger)
    keys = cell_keys(system, FRAME, KEYS)
    found = publish(system, KEYED, ledger, secret=secret, keys=keys)
    assert isinstance(found, Publication)
    return found


def drawn(
    specs: list[TableSpec], ledger: Ledger | None = None, policy: Policy = NOISED
) -> Publication:
    found = publish(tabulate(FRAME, specs, ledger=ledger), policy, ledger, below=source())
    assert isinstance(found, Publication)
    return found


# Rounding


def test_rounded_numbers_are_marked_add_up_and_say_what_they_are() -> None:
    found = rounded(REGION_H1)
    table = found.tables[0]
    assert {cell.mark for cell in table.cells} == {CellMark.ROUNDED}
    assert all(cell.value is not None and cell.value % 5 == 0 for cell in table.cells)
    for region in ("Riga", "*"):
        parts = [table.cell((region, code)).value or 0 for code in "abcde"]
        assert sum(parts) == table.cell((region, "*")).value
    assert table.altered is not None
    assert (table.altered.within, table.altered.additive) == (5, True)
    assert table.altered.promises == ("P0", "P1", "P2", "P3")
    assert "multiple of 5" in " ".join(found.public.notes)
    assert found.seed == b"seed".hex()
    assert found.seed not in table.canonical()
    assert found.seed not in found.public.model_dump_json()


def test_the_promise_to_hide_that_a_count_is_small_is_made_only_where_the_base_allows() -> None:
    policy = ROUNDED.model_copy(update={"threshold": 6})
    assert rounded(REGION_H1, policy=policy).altered.promises == ("P0", "P1", "P3")


def test_the_bounds_of_small_counts_come_from_the_print_alone() -> None:
    found = rounded(REGION_H1)
    assert found.bounds
    domain = {v: tuple(map(str, FRAME[v].cat.categories)) for v in ("region", "H1")}
    facts, shown = printed_facts(found.tables, domain)
    places = {(cell.codes, cell.levels): i for i, (_, cell) in enumerate(shown)}
    for cell, (low, high) in found.bounds.items():
        label = (found.system.labels or ())[cell]
        place = places[label.codes, label.levels]
        seen = attack(facts.also(facts.rows[[place]].toarray(), 0, None), found.policy)
        assert (seen.low[-1], seen.high[-1]) == (low, high)
        assert low <= found.system.values[cell] <= (high or 10**9)


def test_the_checkers_see_the_true_counts_beside_the_mark() -> None:
    found = rounded(REGION_H1)
    review = found.review(0)
    assert [cell.value for cell in review.cells] == found.system.values.tolist()
    assert {cell.mark for cell in review.cells} == {CellMark.ROUNDED}
    assert any(cell.reasons for cell in review.cells)


def test_a_second_rounded_table_repeats_the_numbers_of_the_first() -> None:
    ledger = released(rounded(REGION_H1))
    again = rounded(REGION_SEX, ledger)
    one, two = ledger.releases[0].table, again.tables[0]
    for region in ("Riga", "Kurzeme", "Latgale", "Vidzeme", "Zemgale", "*"):
        assert one.cell((region, "*")).value == two.cell((region, "*")).value


def test_an_exact_table_is_protected_beside_a_rounded_one() -> None:
    ledger = released(rounded(REGION_H1))
    system = tabulate(FRAME, [REGION_H1.model_copy(update={"variables": ("H1",)})], ledger=ledger)
    assert len(system.known) == len(ledger.releases[0].table.cells)
    found = publish(system, EXACT, ledger)
    assert isinstance(found, Protection)
    assert {cell.mark for cell in found.tables[0].cells} <= {
        CellMark.PUBLISHED, CellMark.WITHHELD,
    }  # fmt: skip


def test_a_rounded_table_is_judged_with_the_exact_ones_before_it() -> None:
    """Exact totals beside rounded parts: refused where they give a small count away, and the
    bounds are never wider than without."""
    alone = rounded(REGION_H1)
    exact = publish(tabulate(FRAME, [TableSpec(["H1"])]), EXACT)
    assert isinstance(exact, Protection)
    ledger = released(exact)
    try:
        joint = rounded(REGION_H1, ledger)
    except Refused:
        return
    wide = dict(alone.bounds)
    for cell, (low, high) in joint.bounds.items():
        if cell in wide and joint.numbers[cell] == alone.numbers[cell]:
            assert (high or 0) - low <= (wide[cell][1] or 10**9) - wide[cell][0]


def test_rules_that_withhold_are_not_dropped_in_silence() -> None:
    policy = Policy(breakdowns=("region",), method=Rounding())
    with pytest.raises(BadPolicy, match="withhold"):
        publish(tabulate(FRAME, [REGION_SEX]), policy)
    with pytest.raises(BadTable, match="labels"):
        publish(CellSystem(np.eye(2), np.array([1, 2])), ROUNDED)


# Cell key


def test_cell_keys_give_small_noise_and_say_what_they_do_not_survive() -> None:
    found = keyed(REGION_H1)
    fresh = found.system.printed
    away = np.abs(found.numbers - found.system.values)[fresh]
    assert 0 < away.max() <= 2
    assert {cell.mark for cell in found.tables[0].cells} == {CellMark.NOISED}
    assert not any(cell.value == 1 for cell in found.tables[0].cells)
    assert "does not survive a withdrawal" in " ".join(found.public.notes)
    assert found.altered.promises == ("P0", "P1")


def test_cell_keys_are_refused_beside_other_keys_or_other_noise() -> None:
    ledger = released(keyed(REGION_H1))
    assert keyed(REGION_SEX, ledger).tables
    with pytest.raises(Refused, match="another key"):
        keyed(REGION_SEX, ledger, secret=b"other")
    other = KEYED.model_copy(update={"method": CellKey(variance=0.9)})
    system = tabulate(FRAME, [REGION_SEX], ledger=ledger)
    with pytest.raises(Refused, match="another key"):
        publish(system, other, ledger, secret=b"secret", keys=cell_keys(system, FRAME, KEYS))
    with pytest.raises(BadTable, match="key for every record"):
        publish(tabulate(FRAME, [REGION_SEX]), KEYED)


# Mixing


@pytest.mark.parametrize("first", ["exact", "rounded", "keyed", "drawn"])
@pytest.mark.parametrize("second", ["exact", "rounded", "keyed", "drawn"])
def test_noise_stands_beside_its_own_kind_only(first: str, second: str) -> None:
    make: dict[str, Callable[[TableSpec, Ledger | None], Publication | Protection]] = {
        "exact": lambda s, o: publish(tabulate(FRAME, [s], ledger=o), EXACT, o),
        "rounded": rounded,
        "keyed": keyed,
        "drawn": lambda s, o: drawn([s], o),
    }
    ledger = released(make[first](REGION_SEX, None))
    noisy = {"keyed", "drawn"}
    if first != second and (first in noisy or second in noisy):
        with pytest.raises(Refused, match="another method"):
            make[second](TableSpec(["sex", "age"]), ledger)
    else:
        assert make[second](TableSpec(["sex", "age"]), ledger).tables


@pytest.mark.parametrize("make", [rounded, keyed, lambda s, o=None: drawn([s], o)])
def test_what_was_published_is_given_again_byte_for_byte(
    make: Callable[..., Publication],
) -> None:
    first = make(REGION_SEX)
    ledger = released(first)
    again = make(TableSpec(["region", "sex"]), ledger)
    assert [t.canonical() for t in again.tables] == [t.canonical() for t in first.tables]
    assert again.public.notes == first.public.notes


@pytest.mark.parametrize(("threshold", "kept"), [(4, True), (10, False)])
def test_what_everybody_in_a_group_answered_is_judged_as_for_exact_counts(
    threshold: int, kept: bool
) -> None:
    """All 14 in the north said yes. To base 5 up to 8 of them may have said something else, so
    nobody can prove that it was all but 3; but all but 9 follows."""
    counts = {("north", "yes"): 14, ("south", "yes"): 31, ("south", "no"): 29}
    frame = groups(counts, ["place", "answer"])
    system = tabulate(frame, [TableSpec(["place", "answer"])], count="n")
    policy = Policy(
        threshold=threshold, promise="P1", sensitive=("answer",), method=Rounding(base=5)
    )
    if kept:
        found = publish(system, policy, secret=b"seed")
        assert isinstance(found, Publication)
        assert found.altered.promises == ("P0", "P1", "P4")
    else:
        with pytest.raises(Refused):
            publish(system, policy, secret=b"seed")


def test_a_ledger_the_cells_were_not_counted_with_is_bad_input() -> None:
    ledger = released(rounded(REGION_SEX))
    with pytest.raises(BadTable, match="without the ledger"):
        publish(tabulate(FRAME, [REGION_H1]), ROUNDED, ledger, secret=b"seed")


# Budget


def test_the_budget_of_a_wave_is_spent_release_by_release_and_then_refused() -> None:
    ledger = released(drawn([REGION_SEX]))
    method = NOISED.method
    assert isinstance(method, Geometric)
    assert budget_of(ledger, method).left == 1
    ledger = released(drawn([TableSpec(["age"]), TableSpec(["sex", "age"])], ledger), ledger)
    assert len(ledger.releases) == 3
    assert budget_of(ledger, method).left == 0
    with pytest.raises(Refused, match="budget"):
        drawn([TableSpec(["H1"])], ledger)
    assert drawn([REGION_SEX], ledger).tables[0] == ledger.releases[0].table
    assert budget_of(released(drawn([REGION_SEX], ledger)), method).left == 1


def test_noisy_tables_print_their_privacy_parameters() -> None:
    found = drawn([REGION_SEX])
    altered = found.tables[0].altered
    assert altered is not None
    assert (altered.epsilon, altered.sensitivity, altered.standard_error) == ("1", 4, "5.64")
    assert altered.promises == ("DP",)
    assert all((cell.value or 0) >= 0 for cell in found.tables[0].cells)
    assert "epsilon 1" in " ".join(found.public.notes)


def test_noise_may_stay_below_nought_or_be_fitted() -> None:
    spec = TableSpec(["region", "sex", "age"])
    raw = NOISED.model_copy(update={"method": Geometric(epsilon="1", non_negative=False)})
    assert any((c.value or 0) < 0 for c in drawn([spec], policy=raw).tables[0].cells)
    fitted = NOISED.model_copy(update={"method": Geometric(epsilon="1", margins="fitted")})
    table = drawn([spec], policy=fitted).tables[0]
    sexes = [table.cell(("*", sex, "*")).value or 0 for sex in ("f", "m")]
    assert sum(sexes) == table.cell(("*", "*", "*")).value


def test_a_budget_counts_exactly() -> None:
    budget = Budget(total="1")
    for _ in range(3):
        budget = budget.after("1/3")
    assert budget.left == 0
    assert not budget.allows("1/1000")
    with pytest.raises(ValueError, match="spent"):
        budget.after("1/1000")
    assert Budget(total="1", spent="0.25").left == Fraction(3, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "geometric", "epsilon": "0"},
        {"name": "geometric", "epsilon": "-1"},
        {"name": "geometric", "epsilon": "x"},
        {"name": "geometric", "epsilon": "2", "total": "1"},
        {"name": "geometric", "margins": "fitted", "non_negative": False},
        {"name": "rounding", "base": 4},
        {"name": "cell_key", "variance": 0},
        {"name": "swapping"},
    ],
)
def test_a_method_that_makes_no_sense_is_no_policy(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Policy.model_validate({"method": wrong})


def test_a_policy_survives_being_written_down() -> None:
    for policy in (ROUNDED, KEYED, NOISED, EXACT):
        assert Policy.model_validate_json(policy.canonical()) == policy


def test_a_rounded_number_cannot_be_passed_off_as_a_count() -> None:
    table = rounded(REGION_SEX).tables[0]
    with pytest.raises(ValidationError, match="marked as such"):
        ProtectedTable(spec=table.spec, axes=table.axes, cells=table.cells, policy=table.policy)
    cells = tuple(c.model_copy(update={"mark": CellMark.PUBLISHED}) for c in table.cells)
    with pytest.raises(ValidationError, match="marked as such"):
        ProtectedTable(
            spec=table.spec, axes=table.axes, cells=cells, policy=table.policy,
            altered=table.altered,
        )  # fmt: skip
