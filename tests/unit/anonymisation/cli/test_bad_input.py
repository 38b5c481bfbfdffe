"""What cannot be read or makes no sense is told, and nothing is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.anonymisation.cli.commands import (
    protect_one,
    rows,
    run,
    with_columns,
    with_policy,
)


@pytest.mark.parametrize(
    "arguments", [("region*nowhere",), ("region", "--where", "sex"), ("region", "--where", "sex=x")]
)
def test_bad_input_is_told_from_refusals(folder: Path, arguments: tuple[str, ...]) -> None:
    code, said = protect_one(folder, arguments[0], "one", *arguments[1:])
    assert code == 2
    assert json.loads(said)["error"]
    assert not (folder / "one").exists()


@pytest.mark.parametrize(
    ("policy", "what"),
    [
        ('breakdowns = ["region"]\nsensitive = ["region"]\n', "not both"),
        ("threshold = 0\n", "threshold: "),
        ("limit = 3\n", "limit: there is no such field. The fields are threshold, "),
        ('zeros = "some"\n', "zeros: Input should be 'published' or 'withholdable'"),
        ('sensitive = ["E2"]\n', "'E2' under sensitive, which the records lack"),
        ('breakdowns = ["area"]\n', "'area' under breakdowns"),
        ('zeros = {area = "published"}\n', "'area' under zeros"),
        ("threshold = \n", "Invalid value"),
        ("household_minimum = 3\n", "Name the column of the household"),
        ('population_minimum = 9\npopulation_frame = "x"\n', "Give its figures"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_told_and_nothing_is_written(
    folder: Path, policy: str, what: str
) -> None:
    with_policy(folder, policy)
    code, said = protect_one(folder, "region", "one")
    assert code == 2
    assert what in json.loads(said)["error"]
    assert not (folder / "one").exists()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Riga;west;*\n", "misses the code 'Kurzeme'"),
        ("Riga;west;*\nRiga;east;*\n", "the leaf 'Riga' twice"),
        ("Riga;a;west;*\nKurzeme;a;east;*\n", "has two parents: 'west' and 'east'"),
        (
            "Riga;*\nKurzeme;west;*\n",
            "line of 'Kurzeme' in the hierarchy of 'region' has 3 columns",
        ),
        ("Riga,west,*\nKurzeme,west,*\n", "no level above it"),
    ],
)
def test_a_hierarchy_that_is_none_is_told(folder: Path, text: str, what: str) -> None:
    (folder / "areas.csv").write_text(text)
    code, said = protect_one(
        folder, "region", "one", "--hierarchy", f"region={folder / 'areas.csv'}"
    )
    assert code == 2
    assert what in json.loads(said)["error"]
    code, said = protect_one(
        folder, "region", "one", "--hierarchy", f"nowhere={folder / 'areas.csv'}"
    )
    assert "no column 'nowhere'" in json.loads(said)["error"]


@pytest.mark.parametrize(
    ("records", "what"),
    [
        ("", "records.csv is empty"),
        ("region,sex\n", "There are no records"),
        ("region,region\nA,f\n", "the column 'region' twice"),
        ("region,sex\nA,f\nB,f,3\n", "no table"),
        ("region,sex\nA,f\nB\n", "'sex' has empty values, first in row 2"),
        ("region,sex\nA,*\nB,f\n", "'sex' has the code '*'"),
        ("region,sex\nA,f\nB,NaN\n", "'sex' has empty values, first in row 2"),
        ("region,sex\nA,f\nB,NA\n", "'sex' has empty values, first in row 2"),
        ("region;sex\nA;f\n", "no column 'region'"),
    ],
)
def test_records_that_are_none_are_told_and_nothing_is_written(
    folder: Path, records: str, what: str
) -> None:
    (folder / "records.csv").write_text(records)
    with_policy(folder, "threshold = 5\n")
    code, said = protect_one(folder, "region*sex", "one")
    assert code == 2
    assert what in json.loads(said)["error"]
    assert not (folder / "one").exists()


def test_records_in_another_encoding_are_told(folder: Path) -> None:
    (folder / "records.csv").write_bytes("region,sex\nRēzekne,f\n".encode("cp1257"))
    with_policy(folder, "threshold = 5\n")
    code, said = protect_one(folder, "region", "one")
    assert (code, json.loads(said)["error"]) == (2, "records.csv is not UTF-8. Save it as UTF-8.")


@pytest.mark.parametrize("table", ["region*region", "region*", ""])
def test_a_table_that_names_no_variables_of_its_own_is_told(folder: Path, table: str) -> None:
    code, said = protect_one(folder, table, "one")
    assert code == 2
    assert "names" in json.loads(said)["error"]


def test_figures_without_a_rule_for_them_are_told(folder: Path) -> None:
    (folder / "people.csv").write_text("region,people\nRiga,900\n")
    code, said = protect_one(folder, "region", "one", "--population", str(folder / "people.csv"))
    assert code == 2
    assert "Set population_minimum" in json.loads(said)["error"]


@pytest.mark.parametrize("name", ["codes.json", "table-1.json"])
def test_a_folder_that_is_not_as_it_was_written_is_told(folder: Path, name: str) -> None:
    protect_one(folder, "region*sex", "one")
    (folder / "one" / name).write_text("{}")
    code, said = run(folder, "attack", str(folder / "one"), "--json")
    assert code == 2
    assert f"{name} is missing or not as `table` wrote it" in json.loads(said)["error"]


@pytest.mark.parametrize(
    "options",
    [
        ("--levels", "E1=0"),
        ("--levels", "region=leaf"),
        ("--levels", "region=3"),
        ("--margins", "E1"),
        ("--merge", "region=Riga,Kurzeme"),
        ("--merge", "region:all=Riga,Paris"),
        ("--merge", "E1:all=yes,no"),
    ],
)
def test_a_cut_that_makes_no_sense_is_told(folder: Path, options: tuple[str, ...]) -> None:
    code, said = protect_one(folder, "region*sex", "one", *options)
    assert code == 2
    assert json.loads(said)["error"]
    assert not (folder / "one").exists()


def test_empty_values_need_a_code(folder: Path) -> None:
    with_columns(folder, sex=["", "f"] + ["m", "f"] * 399)
    code, said = protect_one(folder, "sex", "one")
    assert code == 2
    assert "'sex' has empty values, first in row 1" in json.loads(said)["error"]
    code, said = protect_one(folder, "sex", "two", "--missing", "nowhere=x")
    assert "no column 'nowhere'" in json.loads(said)["error"]
    code, _ = protect_one(folder, "sex", "three", "--missing", "sex=missing")
    assert code == 0
    assert "missing" in {row["sex"] for row in rows(folder / "three" / "table-1.csv")}
