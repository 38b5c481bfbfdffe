from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from anonymisation import TableSpec, tabulate
from anonymisation.errors import BadPolicy, BadTable
from anonymisation.tables.cell_key import (
    KEY_BITS,
    cell_keys,
    key_print,
    p_table,
    perturbed,
    record_keys,
)
from tests.unit.anonymisation.frames import groups, survey

PUBLISHED = Path(__file__).parents[3] / "data" / "p-tables" / "eurostat.csv"
SECRET = b"a secret of the freeze"
REGION_SEX = TableSpec(["region", "sex"])


def test_the_public_p_table_of_the_census_comes_out_to_four_digits() -> None:
    table = p_table(2, 1.08, 1)
    with PUBLISHED.open(encoding="utf-8") as file:
        lines = [
            (int(r["count"]), int(r["printed"]), r["probability"]) for r in csv.DictReader(file)
        ]
    assert len(table.chances) == 5
    for count in range(1, 5):
        given = {printed: chance for at, printed, chance in lines if at == count}
        ours = {
            count + int(noise): f"{chance:.4f}"
            for noise, chance in zip(table.noises, table.row(count), strict=True)
            if chance
        }
        assert ours == given
    assert (table.row(1000) == table.row(4)).all()


@pytest.mark.parametrize(
    ("deviation", "variance", "smallest"),
    [(2, 1.08, 1), (3, 2.0, 0), (1, 0.5, 0), (5, 3.0, 2), (10, 8.0, 0), (6, 5.0, 3)],
)
def test_noise_is_unbiased_and_has_the_variance_asked_for_every_count(
    deviation: int, variance: float, smallest: int
) -> None:
    table = p_table(deviation, variance, smallest)
    assert np.abs(table.chances.sum(axis=1) - 1).max() < 1e-9
    assert np.abs(table.chances @ table.noises).max() < 1e-7
    assert np.abs(table.chances[1:] @ table.noises**2 - variance).max() < 1e-7
    assert table.row(0)[deviation] == 1
    for count in range(1, len(table.chances)):
        printed = count + table.noises[table.row(count) > 0]
        assert printed.min() >= 0
        assert not ((printed >= 1) & (printed <= smallest)).any()


def test_the_keys_give_each_noise_the_share_of_the_table() -> None:
    """Exactly: the lengths of the runs of keys, found by bisection, not by drawing."""
    table = p_table(2, 1.08, 1)
    for count in range(1, 6):
        ends, key = [], 0
        while key < 2**KEY_BITS:
            low, high, noise = key, 2**KEY_BITS, table.noise(count, key)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if table.noise(count, middle) == noise else (low, middle)
            ends.append((noise, (high - key) / 2**KEY_BITS))
            key = high
        wanted = {int(v): c for v, c in zip(table.noises, table.row(count), strict=True) if c}
        assert {noise for noise, _ in ends} == set(wanted)
        assert all(abs(share - wanted[noise]) < 1e-9 for noise, share in ends)


def test_what_no_noise_can_do_is_refused() -> None:
    with pytest.raises(BadPolicy, match="variance"):
        p_table(1, 3.0, 0)
    with pytest.raises(BadPolicy, match="variance"):
        p_table(2, 1.08, 2)


def test_the_same_cell_has_the_same_noise_in_every_table() -> None:
    frame = survey()
    keys = record_keys(map(str, range(len(frame))), SECRET)
    table = p_table(2, 1.08, 1)
    seen = []
    for spec in (REGION_SEX, TableSpec(["region", "age"]), TableSpec(["sex", "region", "H1"])):
        system = tabulate(frame, [spec])
        numbers = perturbed(system, cell_keys(system, frame, keys), table)
        by_box = {
            frozenset(label.box.items()): int(number)
            for label, number in zip(system.labels or (), numbers, strict=True)
        }
        seen.append(by_box)
    for one, two in ((0, 1), (0, 2), (1, 2)):
        shared = set(seen[one]) & set(seen[two])
        assert len(shared) >= 6
        assert all(seen[one][box] == seen[two][box] for box in shared)
    assert any(seen[0][box] != value for box, value in _counts(frame).items())


def _counts(frame):  # type: ignore[no-untyped-def]
    system = tabulate(frame, [REGION_SEX])
    return {
        frozenset(label.box.items()): int(value)
        for label, value in zip(system.labels or (), system.values, strict=True)
    }


def test_a_withdrawal_changes_the_noise_of_that_persons_cells_alone() -> None:
    """The honest note: what the method does not survive."""
    frame = survey()
    names = list(map(str, range(len(frame))))
    specs = [TableSpec(["region", "sex", "age"]), TableSpec(["region", "H1"])]
    before, after = tabulate(frame, specs), tabulate(frame.drop(index=[17]), specs)
    table = p_table(2, 1.08, 1)
    one = perturbed(before, cell_keys(before, frame, record_keys(names, SECRET)), table)
    left = frame.drop(index=[17])
    keys = record_keys([n for n in names if n != "17"], SECRET)
    two = perturbed(after, cell_keys(after, left, keys), table)
    own = before.values != after.values
    assert own.sum() > 10
    assert not (one != two)[~own].any()
    assert (one != two)[own].mean() > 0.6


def test_keys_hang_on_the_secret_and_need_one_identifier_per_record() -> None:
    names = ["a", "b", "c"]
    assert (record_keys(names, b"1") != record_keys(names, b"2")).all()
    assert (record_keys(names, b"1") == record_keys(names, b"1")).all()
    assert key_print(b"1") != key_print(b"2")
    with pytest.raises(BadTable, match="one identifier"):
        record_keys(["a", "a"], b"1")


def test_keys_need_the_records_that_were_counted() -> None:
    frame = survey()
    system = tabulate(frame, [REGION_SEX])
    keys = record_keys(map(str, range(len(frame))), SECRET)
    with pytest.raises(BadTable, match="one key each"):
        cell_keys(system, frame.head(10), keys)
    with pytest.raises(BadTable, match="other records"):
        cell_keys(system, survey(seed=4), keys)
    counted = groups({("x",): 4, ("y",): 6}, ["v"])
    grouped = tabulate(counted, [TableSpec(["v"])], count="n")
    with pytest.raises(BadTable, match="other records"):
        cell_keys(grouped, counted, keys[:2])
