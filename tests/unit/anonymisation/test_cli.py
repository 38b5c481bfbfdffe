from __future__ import annotations

import csv
import json
import shlex
import stat
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from anonymisation import folder as folders
from anonymisation.cli import main
from anonymisation.console import Bar
from tests.unit.anonymisation.frames import survey

AREAS = "Riga;centre;*\nKurzeme;rest;*\nLatgale;rest;*\nVidzeme;rest;*\nZemgale;rest;*\n"
POLICY = 'threshold = 10\nbreakdowns = ["region", "sex"]\nsensitive = ["E1"]\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    survey().to_csv(tmp_path / "records.csv", index=False)
    (tmp_path / "policy.toml").write_text(POLICY)
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, list(arguments))
    return result.exit_code, result.output


def protect_one(folder: Path, table: str, out: str, *more: str) -> tuple[int, str]:
    return run(
        folder, "table", str(folder / "records.csv"), "--table", table,
        "--policy", str(folder / "policy.toml"), "--out", str(folder / out), "--json", *more,
    )  # fmt: skip


def test_protects_attacks_and_checks(folder: Path) -> None:
    code, said = protect_one(folder, "region*E1", "one")
    assert code == 0
    assert json.loads(said)["promise"] == "P3"
    code, said = protect_one(folder, "region*sex", "two", "--ledger", str(folder / "one"))
    assert code == 0
    both = [str(folder / "one"), str(folder / "two")]
    code, said = run(folder, "attack", *both, "--json")
    assert json.loads(said)["cells"]
    assert code == 0
    code, said = run(folder, "check", *both, "--json")
    assert (code, json.loads(said)["safe"]) == (0, True)


def test_the_inside_certificate_is_for_its_owner_only(folder: Path) -> None:
    protect_one(folder, "region*E1", "one")
    inside = folder / "one" / "inside" / "certificate.json"
    assert stat.S_IMODE(inside.stat().st_mode) == 0o600
    public = json.loads((folder / "one" / "certificate.json").read_text())
    assert "pool" not in public


def test_small_counts_alone_withheld_are_unsafe(folder: Path) -> None:
    protect_one(folder, "region*E1", "one")
    path = folder / "one" / "table-1.json"
    table = json.loads(path.read_text())
    frame = survey()
    for cell in table["cells"]:
        region, answer = cell["codes"]
        rows = frame if region == "*" else frame[frame.region == region]
        count = int(len(rows) if answer == "*" else (answer == rows.E1).sum())
        small = 0 < count < 10
        cell |= {"value": None if small else count, "mark": "withheld" if small else "published",
                 "at_least": 1 if small else None}  # fmt: skip
    path.write_text(json.dumps(table))
    code, said = run(folder, "check", str(folder / "one"), "--json")
    assert (code, json.loads(said)["safe"]) == (1, False)


@pytest.mark.parametrize(
    "arguments", [("region*nowhere",), ("region", "--where", "sex"), ("region", "--where", "sex=x")]
)
def test_bad_input_is_told_from_refusals(folder: Path, arguments: tuple[str, ...]) -> None:
    code, said = protect_one(folder, arguments[0], "one", *arguments[1:])
    assert code == 2
    assert json.loads(said)["error"]
    assert not (folder / "one").exists()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def with_policy(folder: Path, text: str) -> None:
    (folder / "policy.toml").write_text(text)


def with_columns(folder: Path, **columns: Sequence[object]) -> pd.DataFrame:
    frame = survey().assign(**columns)
    frame.to_csv(folder / "records.csv", index=False)
    return frame


def test_what_was_written_once_is_never_written_over(folder: Path) -> None:
    protect_one(folder, "region", "one")
    before = (folder / "one" / "table-1.json").read_bytes()
    code, said = protect_one(folder, "region*sex", "one")
    assert code == 2
    assert "exists already" in json.loads(said)["error"]
    assert (folder / "one" / "table-1.json").read_bytes() == before


def test_a_write_that_breaks_off_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(folders, "_write_csv", broken)
    code, said = protect_one(folder, "region", "one")
    assert (code, json.loads(said)["error"]) == (2, "no space left")
    assert {path.name for path in folder.iterdir()} == {"records.csv", "policy.toml"}


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


def test_a_table_is_cut_as_the_options_say(folder: Path) -> None:
    (folder / "areas.csv").write_text(AREAS)
    shape = ["--hierarchy", f"region={folder / 'areas.csv'}", "--levels", "region=1",
             "--margins", "sex", "--states", "merged"]  # fmt: skip
    code, said = protect_one(folder, "region*sex", "one", *shape)
    assert code == 0, said
    printed = {(row["region"], row["sex"]) for row in rows(folder / "one" / "table-1.csv")}
    assert printed == {(place, sex) for place in ("centre", "rest") for sex in ("f", "m", "*")}
    code, _ = protect_one(folder, "region*sex", "two", "--merge", "region:all=Riga,Kurzeme")
    assert code == 0
    found = {row["region"] for row in rows(folder / "two" / "table-1.csv")}
    assert found == {"all", "Latgale", "Vidzeme", "Zemgale", "*"}


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


def test_a_coarser_table_offered_can_be_asked_for_in_its_own_words(folder: Path) -> None:
    (folder / "areas.csv").write_text(AREAS)
    given = ["--hierarchy", f"region={folder / 'areas.csv'}"]
    code, said = run(
        folder, "redesign", str(folder / "records.csv"), "--table", "region*H1",
        "--policy", str(folder / "policy.toml"), "--json", *given,
    )  # fmt: skip
    assert code == 0, said
    offers = json.loads(said)["redesigns"]["region*H1"]
    assert any("--levels" in one["table"] for one in offers)
    assert any("--margins" in one["table"] for one in offers)
    for number, one in enumerate(offers):
        table, *options = shlex.split(one["table"])
        code, said = protect_one(folder, table, f"offer-{number}", *options, *given)
        assert code == 0, said
        cells = rows(folder / f"offer-{number}" / "table-1.csv")
        assert len(cells) == one["cells"]


def test_the_same_question_is_answered_the_same_and_costs_nothing_new(folder: Path) -> None:
    protect_one(folder, "region*H1", "one")
    code, _ = protect_one(folder, "region*H1", "two", "--ledger", str(folder / "one"))
    assert code == 0
    for name in ("table-1.csv", "table-1.json"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


def test_rules_for_an_item_hold_for_each_of_its_options(folder: Path) -> None:
    with_columns(folder, H2=["police", "school police", "school", "job school"] * 200)
    with_policy(folder, 'sensitive = ["H2"]\nzeros = {H2 = "published"}\n')
    code, _ = protect_one(folder, "region*H2", "one", "--multi", "H2")
    assert code == 0
    policy = json.loads((folder / "one" / "certificate.json").read_text())["policy"]
    assert policy["sensitive"] == ["H2/job", "H2/police", "H2/school"]
    assert set(policy["zeros"]) == set(policy["sensitive"])


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


def test_an_item_of_several_answers_gives_a_table_for_each_option(folder: Path) -> None:
    with_columns(folder, H2=["a b", "b", "a", "refused"] * 200)
    code, _ = protect_one(folder, "sex*H2", "one", "--multi", "H2")
    assert code == 0
    assert list(rows(folder / "one" / "table-1.csv")[0])[:2] == ["sex", "H2/a"]
    assert list(rows(folder / "one" / "table-2.csv")[0])[:2] == ["sex", "H2/b"]
    found = {(r["sex"], r["H2/a"]): r["count"] for r in rows(folder / "one" / "table-1.csv")}
    assert found["*", "yes"] == "400"


def test_sums_and_means_stand_beside_counts(folder: Path) -> None:
    frame = with_columns(folder, income=[100 + 7 * (i % 50) for i in range(800)])
    with_policy(folder, "threshold = 5\np_percent = 10\n")
    code, said = protect_one(folder, "region*sex", "one", "--magnitude", "income")
    assert code == 0
    assert json.loads(said)["sums withheld"] == [0]
    found = {(r["region"], r["sex"]): r for r in rows(folder / "one" / "sums-1.csv")}
    own = frame[frame.region == "Riga"].income
    assert found["Riga", "*"]["income"] == str(own.sum())
    assert found["Riga", "*"]["mean"] == str(round(own.mean(), 2))
    code, said = run(folder, "check", str(folder / "one"), "--json")
    assert (code, json.loads(said)["safe"]) == (0, True)


def test_sums_that_give_somebody_away_are_withheld_with_their_means(folder: Path) -> None:
    with_columns(folder, income=[90_000] + [10] * 799)
    with_policy(folder, "threshold = 5\np_percent = 10\n")
    code, _ = protect_one(folder, "region*sex", "one", "--magnitude", "income")
    assert code == 0
    hidden = [r for r in rows(folder / "one" / "sums-1.csv") if r["mark"] == "c"]
    assert hidden
    assert all(not r["income"] and not r["mean"] and r["count"] for r in hidden)
    code, said = run(folder, "attack", str(folder / "one"), "--json")
    assert code == 0
    assert {c["of"] for c in json.loads(said)["cells"]} == {"income"}


def test_sums_have_no_ledger_of_counts(folder: Path) -> None:
    with_columns(folder, income=[10] * 800)
    protect_one(folder, "sex", "one")
    code, said = protect_one(
        folder, "region", "two", "--magnitude", "income", "--ledger", str(folder / "one")
    )
    assert code == 2
    assert "counts, not sums" in json.loads(said)["error"]


def test_estimates_stand_beside_counts(folder: Path) -> None:
    frame = survey()
    with_columns(folder, w=[1.5 if sex == "f" else 2 for sex in frame.sex])
    code, _ = protect_one(folder, "region*sex", "one", "--weight", "w")
    assert code == 0
    found = {(r["region"], r["sex"]): r for r in rows(folder / "one" / "table-1.csv")}
    own = frame[(frame.region == "Riga") & (frame.sex == "f")]
    assert found["Riga", "f"]["weighted"] == str(round(1.5 * len(own)))
    code, said = protect_one(folder, "region", "two", "--weight", "w")
    assert code == 2
    assert "'w' differs within" in json.loads(said)["error"]


def test_shares_are_printed_with_sizes_to_five_and_intervals(folder: Path) -> None:
    with_policy(folder, POLICY + 'print = "shares"\n')
    assert protect_one(folder, "region*E1", "one")[0] == 0
    found = rows(folder / "one" / "table-1.csv")
    assert list(found[0]) == ["region", "E1", "size", "share", "from", "to", "mark"]
    assert {int(r["size"]) % 5 for r in found if r["size"]} == {0}
    assert all(int(r["from"]) <= int(r["share"]) <= int(r["to"]) for r in found if r["from"])
    code, said = run(folder, "check", str(folder / "one"), "--json")
    assert (code, json.loads(said)["safe"]) == (0, True)


def test_households_and_population_are_read_from_files(folder: Path) -> None:
    with_columns(folder, home=[i // 2 for i in range(800)])
    with_policy(
        folder,
        "threshold = 5\nhousehold_minimum = 3\npopulation_minimum = 100\n"
        'population_frame = "Register 2026"\n',
    )
    people = {"Riga": 900, "Kurzeme": 500, "Latgale": 400, "Vidzeme": 300, "Zemgale": 60}
    text = "region,people\n" + "".join(f"{r},{n}\n" for r, n in people.items())
    (folder / "people.csv").write_text(text)
    code, said = protect_one(
        folder, "region", "one", "--household", "home", "--population", str(folder / "people.csv")
    )
    assert code == 0, said
    found = {r["region"]: r["mark"] for r in rows(folder / "one" / "table-1.csv")}
    assert found["Zemgale"] == "c"
    (folder / "people.csv").write_text("region,people\nRiga,-1\n")
    code, said = protect_one(
        folder, "region", "two", "--household", "home", "--population", str(folder / "people.csv")
    )
    assert code == 2
    assert "'people' is negative in row 1" in json.loads(said)["error"]


def test_a_refusal_names_the_way_to_coarser_tables_and_there_are_some(folder: Path) -> None:
    with_policy(folder, "threshold = 1\n")
    protect_one(folder, "region*sex", "one")
    with_policy(folder, "threshold = 60\n")
    code, said = protect_one(folder, "region*sex", "two", "--ledger", str(folder / "one"))
    assert code == 1
    assert "anonymise redesign" in json.loads(said)["error"]
    assert not (folder / "two").exists()
    code, said = run(
        folder, "redesign", str(folder / "records.csv"), "--table", "region*sex",
        "--policy", str(folder / "policy.toml"), "--json",
    )  # fmt: skip
    offers = json.loads(said)["redesigns"]["region*sex"]
    assert code == 0
    assert "sex" in {offer["table"] for offer in offers}


def test_seconds_bound_the_search_and_never_the_safety(folder: Path) -> None:
    assert protect_one(folder, "region*sex*age*E1", "one", "--seconds", "0.000001")[0] == 1
    assert not (folder / "one").exists()


def test_a_bar_is_drawn_where_somebody_looks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    for silent in (True, False):
        bar = Bar(silent=silent)
        bar("witnesses", 1, 2)
        bar.close()
        assert ("witnesses" in capsys.readouterr().err) == (not silent)
