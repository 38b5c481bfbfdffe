"""What the command promises: safe tables, or none, and nothing half-written."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from anonymisation import folder as folders
from anonymisation.console import Bar
from tests.unit.anonymisation.cli.commands import (
    protect_one,
    run,
    with_policy,
)
from tests.unit.anonymisation.frames import survey


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


def test_the_same_question_is_answered_the_same_and_costs_nothing_new(folder: Path) -> None:
    protect_one(folder, "region*H1", "one")
    code, _ = protect_one(folder, "region*H1", "two", "--ledger", str(folder / "one"))
    assert code == 0
    for name in ("table-1.csv", "table-1.json"):
        assert (folder / "one" / name).read_bytes() == (folder / "two" / name).read_bytes()


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
    code, said = protect_one(folder, "region*sex*age*E1", "one", "--seconds", "0.000001")
    assert code == 1
    assert "Counting did not end within the time given." in json.loads(said)["error"]
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
