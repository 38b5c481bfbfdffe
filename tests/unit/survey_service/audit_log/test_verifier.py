"""The offline verifier: an export holds, and whatever is changed in it is named."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.audit import Act, ObjectType, Purpose
from survey_service.audit_log import verifier
from survey_service.audit_log.note import proof_text
from survey_service.audit_log.service import AuditEntry, AuditLog


class Exported:
    """An export, a checkpoint saved before its last entries, and the key, as files."""

    def __init__(self, log: AuditLog, folder: Path) -> None:
        self.log = log
        self.folder = folder
        self.zip = folder / "log.zip"
        self.saved = folder / "saved.txt"
        for number in range(20):
            reason = "a reason" if number == 5 else None
            log.append_now(
                AuditEntry(
                    act=Act.WAVE_OPENED,
                    object_type=ObjectType.WAVE,
                    object_ref=f"w{number}",
                    purpose=Purpose.FIELD_WORK,
                    reason=reason,
                )
            )
            if number == 12:
                self.saved.write_text(log.checkpoint_now(), encoding="utf-8")
        with self.zip.open("wb") as out:
            assert log.export_now(out) == 20

    def run(self, *more: str) -> int:
        return verifier.main(
            [str(self.zip), "--checkpoint", str(self.saved), "--key", self.log.public_key, *more]
        )

    def edit(self, name: str, change: Callable[[list[str]], list[str]]) -> None:
        with zipfile.ZipFile(self.zip) as archive:
            files = {n: archive.read(n).decode() for n in archive.namelist()}
        files[name] = "".join(change(files[name].splitlines(keepends=True)))
        with zipfile.ZipFile(self.zip, "w") as archive:
            for n, text in files.items():
                archive.writestr(n, text)


@pytest.fixture
def exported(log: AuditLog, tmp_path: Path) -> Exported:
    return Exported(log, tmp_path)


def test_an_export_holds(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    assert exported.run() == 0
    assert "Everything holds: 20 entries" in capsys.readouterr().out


def test_the_entries_alone_hold_too(exported: Exported) -> None:
    with zipfile.ZipFile(exported.zip) as archive:
        lines = archive.read("entries.jsonl")
    exported.zip = exported.folder / "entries.jsonl"
    exported.zip.write_bytes(lines)
    assert exported.run() == 0
    exported.zip.write_bytes(lines.replace(b'"w3"', b'"w4"'))
    assert exported.run() == 1


def test_an_edited_entry_is_named(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    exported.edit("entries.jsonl", lambda lines: [x.replace('"w7"', '"w8"') for x in lines])
    assert exported.run() == 1
    out = capsys.readouterr().out
    assert "First bad entry: 7" in out
    assert "the saved checkpoint" in out


def test_a_missing_entry_is_named(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    exported.edit("entries.jsonl", lambda lines: lines[:4] + lines[5:])
    assert exported.run("--json") == 1
    assert json.loads(capsys.readouterr().out)["first_bad"] == 4


def test_a_cut_tail_is_told(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    exported.edit("entries.jsonl", lambda lines: lines[:10])
    assert exported.run() == 1
    assert "the saved checkpoint covers 13, here are 10" in capsys.readouterr().out


def test_an_entry_written_otherwise_is_named(
    exported: Exported, capsys: pytest.CaptureFixture[str]
) -> None:
    exported.edit("entries.jsonl", lambda x: [*x[:2], x[2].replace('":', '" :', 1), *x[3:]])
    assert exported.run("--json") == 1
    assert json.loads(capsys.readouterr().out)["first_bad"] == 2


def test_a_changed_reason_is_named(exported: Exported, capsys: pytest.CaptureFixture[str]) -> None:
    exported.edit("details.jsonl", lambda x: [line.replace("a reason", "no reason") for line in x])
    assert exported.run("--json") == 1
    assert json.loads(capsys.readouterr().out)["first_bad"] == 5


def test_a_log_rewritten_from_the_start_does_not_fit_the_saved_checkpoint(
    exported: Exported, capsys: pytest.CaptureFixture[str]
) -> None:
    exported.edit("entries.jsonl", lambda lines: [x.replace('"w7"', '"w8"') for x in lines])
    with zipfile.ZipFile(exported.zip) as archive:
        lines = archive.read("entries.jsonl").split(b"\n")[:-1]
    hashes = [verifier._leaf(line).hex() + "\n" for line in lines]
    exported.edit("leaf-hashes.txt", lambda _old: hashes)
    assert exported.run() == 1
    assert "the first 13 entries differs from the saved checkpoint" in capsys.readouterr().out


def test_a_checkpoint_of_another_log_is_told(exported: Exported) -> None:
    note = exported.saved.read_text(encoding="utf-8")
    exported.saved.write_text(note.replace("\n13\n", "\n14\n"), encoding="utf-8")
    assert exported.run() == 1


def test_one_entry_is_proved_without_the_log(exported: Exported) -> None:
    proof = asyncio.run(exported.log.inclusion(7))
    raw = asyncio.run(exported.log.raw_entry(7))
    assert raw is not None
    entry, proved = exported.folder / "entry.json", exported.folder / "entry.tlog-proof"
    entry.write_bytes(raw)
    hashes = [bytes.fromhex(h) for h in proof.hashes]
    proved.write_text(proof_text(7, hashes, proof.checkpoint), encoding="utf-8")
    arguments = [str(entry), "--proof", str(proved), "--key", exported.log.public_key]
    assert verifier.main(arguments) == 0
    entry.write_bytes(raw.replace(b'"w7"', b'"w8"'))
    assert verifier.main(arguments) == 1


@pytest.mark.parametrize("what", ["key", "checkpoint", "export", "half", "proof"])
def test_what_cannot_be_read_is_bad_input(exported: Exported, what: str) -> None:
    broken = exported.folder / "broken"
    broken.write_bytes(b"\xff\xfe nothing")
    arguments = {
        "export": str(exported.zip),
        "--checkpoint": str(exported.saved),
        "--key": exported.log.public_key,
    }
    if what == "key":
        arguments["--key"] = "a+b+c"
    elif what == "checkpoint":
        arguments["--checkpoint"] = str(broken)
    elif what == "half":
        broken.write_bytes(b'{"seq":0')
        arguments["export"] = str(broken)
    elif what == "export":
        arguments["export"] = str(exported.folder / "none.zip")
    else:
        del arguments["--checkpoint"]
        arguments["--proof"] = str(exported.saved)
    export = arguments.pop("export")
    assert verifier.main([export, *[x for pair in arguments.items() for x in pair]]) == 2


def test_bad_usage_is_exit_code_2(exported: Exported) -> None:
    with pytest.raises(SystemExit) as stop:
        verifier.main([str(exported.zip), "--key", "k"])
    assert stop.value.code == 2


def test_it_runs_alone_as_one_file(exported: Exported) -> None:
    alone = exported.folder / "alone.py"
    alone.write_bytes(Path(str(verifier.__file__)).read_bytes())
    done = subprocess.run(
        [
            *(sys.executable, "-I", str(alone), str(exported.zip)),
            *("--checkpoint", str(exported.saved), "--key", exported.log.public_key),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=exported.folder,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_platform_is_no_part_of_it() -> None:
    source = Path(str(verifier.__file__)).read_text(encoding="utf-8")
    assert "survey_service" not in source
    assert "schemas" not in source
