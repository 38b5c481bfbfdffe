from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from anonymisation.cli import main
from tests.unit.anonymisation.frames import survey

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
