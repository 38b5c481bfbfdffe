from __future__ import annotations

import csv
import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from anonymisation.cli import main
from tests.unit.anonymisation.frames import survey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    frame = survey()
    frame["record"] = [f"{number * 7919 % 10007:x}" for number in range(len(frame))]
    frame.to_csv(tmp_path / "records.csv", index=False)
    (tmp_path / "policy.toml").write_text('threshold = 4\nzeros = "published"\npromise = "P1"\n')
    (tmp_path / "key").write_bytes(bytes(range(32)))
    return tmp_path


def run(*arguments: str) -> tuple[int, dict[str, object]]:
    result = CliRunner().invoke(main, [*arguments, "--json"])
    return result.exit_code, json.loads(result.output)


def table(folder: Path, spec: str, out: str, *more: str) -> tuple[int, dict[str, object]]:
    return run(
        "table", str(folder / "records.csv"), "--table", spec, "--policy",
        str(folder / "policy.toml"), "--out", str(folder / out), *more,
    )  # fmt: skip


def written(folder: Path, out: str) -> list[dict[str, str]]:
    with (folder / out / "table-1.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_rounded_table_is_written_marked_attacked_and_repeated(folder: Path) -> None:
    key = ("--key", str(folder / "key"))
    code, said = table(folder, "region*H1", "one", "--method", "round", "--base", "5", *key)
    assert (code, said["promise"], said["within"], said["additive"]) == (0, "P0, P1", 5, True)
    rows = written(folder, "one")
    assert {row["mark"] for row in rows} == {"r"}
    assert all(int(row["count"]) % 5 == 0 for row in rows)
    code, found = run("attack", str(folder / "one"))
    assert code == 0
    assert found["cells"]
    assert all(cell["low"] < cell["high"] for cell in found["cells"])  # type: ignore[attr-defined]
    table(folder, "region*H1", "two", "--method", "round", *key)
    assert written(folder, "two") == rows


def test_the_seed_and_the_bounds_stay_inside(folder: Path) -> None:
    table(folder, "region*H1", "one", "--method", "round", "--key", str(folder / "key"))
    inside = folder / "one" / "inside" / "certificate.json"
    assert stat.S_IMODE(inside.stat().st_mode) == 0o600
    seed = json.loads(inside.read_text())["seed"]
    assert seed == bytes(range(32)).hex()
    for path in (folder / "one").iterdir():
        if path.is_file():
            assert seed not in path.read_text()
    notes = json.loads((folder / "one" / "certificate.json").read_text())["notes"]
    assert "multiple of 5" in notes[0]


def test_cell_keys_need_a_key_and_an_identifier(folder: Path) -> None:
    code, said = table(folder, "region*H1", "one", "--method", "cell-key")
    assert (code, said["error"]) == (2, "A cell key needs a key and a random identifier for every"
                                        " record. Give --key and --id.")  # fmt: skip
    keys = ("--method", "cell-key", "--id", "record", "--key", str(folder / "key"))
    code, said = table(folder, "region*H1", "one", *keys)
    assert (code, said["within"], said["standard_error"]) == (0, 2, "1.04")
    assert {row["mark"] for row in written(folder, "one")} == {"n"}
    notes = " ".join(json.loads((folder / "one" / "certificate.json").read_text())["notes"])
    assert "does not survive a withdrawal" in notes
    (folder / "short").write_bytes(b"123")
    code, said = table(folder, "region*H1", "two", *keys[:-1], str(folder / "short"))
    assert (code, "16 random bytes" in str(said["error"])) == (2, True)


def test_geometric_noise_is_paid_from_a_budget(folder: Path) -> None:
    noise = ("--method", "geometric", "--epsilon", "1/2", "--budget", "1")
    before: list[str] = []
    for number, spec in enumerate(("sex", "age")):
        code, said = table(folder, spec, f"t{number}", *noise, *before)
        assert (code, said["promise"], said["epsilon"]) == (0, "DP", "1/2")
        before += ["--ledger", str(folder / f"t{number}")]
    code, said = table(folder, "H1", "t2", *noise, *before)
    assert (code, said["error"]) == (1, "The privacy budget of this wave is spent."
                                        " `anonymise redesign` with the same options finds"
                                        " coarser tables that can go.")  # fmt: skip
    assert not (folder / "t2").exists()


def test_exact_numbers_are_refused_beside_noise(folder: Path) -> None:
    table(folder, "sex", "noisy", "--method", "geometric", "--epsilon", "1")
    code, said = table(folder, "sex", "exact", "--ledger", str(folder / "noisy"))
    assert (code, "reveal the noise" in str(said["error"])) == (1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--method", "geometric", "--epsilon", "none"),
        ("--method", "geometric", "--epsilon", "2", "--budget", "1"),
        ("--method", "round", "--epsilon", "1"),
        ("--method", "suppress", "--base", "3"),
        ("--method", "cell-key", "--variance", "-1"),
    ],
)
def test_options_that_make_no_sense_are_bad_input(folder: Path, arguments: tuple[str, ...]) -> None:
    code, said = table(folder, "sex", "one", *arguments)
    assert code == 2
    assert said["error"]
    assert not (folder / "one").exists()


def test_the_policy_itself_may_choose_the_method(folder: Path) -> None:
    with (folder / "policy.toml").open("a", encoding="utf-8") as file:
        file.write('[method]\nname = "rounding"\nbase = 3\n')
    code, said = table(folder, "region*sex", "one")
    assert (code, said["method"], said["base"]) == (0, "rounding", 3)
