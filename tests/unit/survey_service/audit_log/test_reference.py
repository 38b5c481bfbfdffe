"""Every command of the reference page prints what the page says."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from schemas.audit import Act, ObjectType, Purpose
from survey_service.audit_log import verifier
from survey_service.audit_log.commands import check, verify
from survey_service.audit_log.note import proof_text
from survey_service.audit_log.service import AuditEntry, AuditLog
from survey_service.stores.keyring import NAMES, Keyring

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "verifying-the-audit-log.md"
SHOWN = re.findall(r"```console\n\$ (.+)\n((?:.+\n)+)```", PAGE.read_text(encoding="utf-8"))


@pytest.fixture
def taken_along(log: AuditLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page's reader has downloaded."""
    monkeypatch.chdir(tmp_path)
    for number in range(20):
        log.append_now(
            AuditEntry(
                act=Act.WAVE_OPENED,
                object_type=ObjectType.WAVE,
                object_ref=f"w{number}",
                purpose=Purpose.FIELD_WORK,
            )
        )
        if number == 12:
            Path("saved.txt").write_text(log.checkpoint_now(), encoding="utf-8")
    with Path("audit-log.zip").open("wb") as out:
        log.export_now(out)
    proof = asyncio.run(log.inclusion(7))
    raw = asyncio.run(log.raw_entry(7))
    Path("entry-7.json").write_bytes(raw or b"")
    hashes = [bytes.fromhex(value) for value in proof.hashes]
    Path("entry-7.tlog-proof").write_text(proof_text(7, hashes, proof.checkpoint), encoding="utf-8")
    Path("key.txt").write_text(log.public_key + "\n", encoding="utf-8")
    shutil.copy(str(verifier.__file__), "verifier.py")
    return tmp_path


def test_the_page_shows_commands() -> None:
    assert len(SHOWN) == 3


@pytest.mark.parametrize(("command", "printed"), SHOWN)
def test_a_command_of_the_page_prints_what_it_says(
    taken_along: Path, command: str, printed: str
) -> None:
    words = shlex.split(command)
    if words[0] == "python":
        done = subprocess.run(
            [sys.executable, *words[1:]], capture_output=True, text=True, check=True
        )
        assert done.stdout == printed
    else:
        assert words[:3] == ["equality-survey", "audit-log", "verify"]
        result = CliRunner().invoke(verify, words[3:])
        assert (result.exit_code, result.output) == (0, printed)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["audit-log.zip", "--key", "key.txt"], 2),
        (["audit-log.zip", "--checkpoint", "key.txt", "--key", "key.txt"], 2),
        (["audit-log.zip", "--checkpoint", "none.txt", "--key", "key.txt"], 2),
        (["entry-7.json", "--proof", "entry-7.tlog-proof", "--key", "a+b+c"], 2),
        (["key.txt", "--proof", "entry-7.tlog-proof", "--key", "key.txt"], 1),
        (["entry-7.json", "--proof", "entry-7.tlog-proof", "--key", "key.txt", "--json"], 0),
    ],
)
def test_exit_codes_are_those_of_the_page(
    taken_along: Path, arguments: list[str], code: int
) -> None:
    assert CliRunner().invoke(verify, arguments).exit_code == code


def test_the_log_is_checked_where_it_lies(
    log: AuditLog, keyring: Keyring, audit_file: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    for name in NAMES:
        (folder / f"{name}.key").write_text(keyring.secret(name).hex(), encoding="ascii")
    log.append_now(
        AuditEntry(act=Act.KEYS_MADE, object_type=ObjectType.KEYS, purpose=Purpose.OPERATION)
    )
    saved = tmp_path / "saved.txt"
    saved.write_text(log.checkpoint_now(), encoding="utf-8")
    asked = ["--data-dir", str(tmp_path)]
    run = CliRunner().invoke
    holds = run(check, asked)
    assert (holds.exit_code, holds.output) == (0, "Everything holds: 1 entries, 1 checkpoints.\n")
    assert run(check, [*asked, "--checkpoint", str(saved)]).exit_code == 0
    raw = sqlite3.connect(audit_file)
    raw.execute("UPDATE audit_search SET act = 'sign_in'")
    raw.commit()
    raw.close()
    broken = run(check, asked)
    assert (broken.exit_code, broken.output[:8]) == (1, "BROKEN: ")
    assert json.loads(run(check, [*asked, "--json"]).output)["finding"] == "search_changed"
    assert run(check, ["--data-dir", str(folder)]).exit_code == 2
    (folder / "audit-signing.key").unlink()
    assert run(check, asked).exit_code == 2
