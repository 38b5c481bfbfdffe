"""Tables are cut and filled as the options say."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

from tests.unit.anonymisation.cli.commands import (
    AREAS,
    POLICY,
    protect_one,
    rows,
    run,
    with_columns,
    with_policy,
)
from tests.unit.anonymisation.frames import survey


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


def test_rules_for_an_item_hold_for_each_of_its_options(folder: Path) -> None:
    with_columns(folder, H2=["police", "school police", "school", "job school"] * 200)
    with_policy(folder, 'sensitive = ["H2"]\nzeros = {H2 = "published"}\n')
    code, _ = protect_one(folder, "region*H2", "one", "--multi", "H2")
    assert code == 0
    policy = json.loads((folder / "one" / "certificate.json").read_text())["policy"]
    assert policy["sensitive"] == ["H2/job", "H2/police", "H2/school"]
    assert set(policy["zeros"]) == set(policy["sensitive"])


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
