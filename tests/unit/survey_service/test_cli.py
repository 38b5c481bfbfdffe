"""Commands say in one sentence what was refused, and with which exit code."""

from __future__ import annotations

import socket
from pathlib import Path

from click.testing import CliRunner, Result

from survey_service.cli import main
from survey_service.lock import Lock


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_port_in_use_names_the_remedy(tmp_path: Path) -> None:
    run("init", "--data-dir", str(tmp_path))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = run("serve", "--data-dir", str(tmp_path), "--port", port)
    assert said.exit_code == 1
    assert "choose another with --port" in said.output
    assert "Traceback" not in said.output


def test_a_missing_key_stops_the_start_and_names_the_file(tmp_path: Path) -> None:
    run("init", "--data-dir", str(tmp_path))
    (tmp_path / "keys" / "pepper-vault.key").unlink()
    said = run("settle", "--data-dir", str(tmp_path))
    assert said.exit_code == 1
    assert "pepper-vault.key" in said.output


def test_a_second_process_is_refused_while_the_first_holds_the_folder(tmp_path: Path) -> None:
    run("init", "--data-dir", str(tmp_path))
    lock = Lock(tmp_path)
    lock.take()
    said = run("settle", "--data-dir", str(tmp_path))
    lock.release()
    assert said.exit_code == 1
    assert "Another process" in said.output


def test_a_wave_that_does_not_exist_is_an_answer_and_not_a_crash(tmp_path: Path) -> None:
    run("init", "--data-dir", str(tmp_path))
    said = run("wave", "open", "nope", "--data-dir", str(tmp_path))
    assert said.exit_code == 1
    assert "Traceback" not in said.output


def test_bad_settings_are_bad_usage(tmp_path: Path) -> None:
    said = run("serve", "--data-dir", str(tmp_path), "--public-url", "http://x.example")
    assert said.exit_code == 2
    assert "https" in said.output


def test_the_folder_of_an_installation_is_its_owners_alone(tmp_path: Path) -> None:
    assert run("init", "--data-dir", str(tmp_path / "new")).exit_code == 0
    inside = [tmp_path / "new", *(p for p in (tmp_path / "new").rglob("*"))]
    assert not [p for p in inside if p.stat().st_mode & 0o077]


def test_nobody_has_an_account_before_one_is_made(tmp_path: Path) -> None:
    from sqlalchemy import func, select

    from survey_service.accounts.models import Account
    from survey_service.stores.store import Store

    run("init", "--data-dir", str(tmp_path))
    office = Store("office", path=tmp_path / "stores" / "office.sqlite")
    counted = select(func.count()).select_from(Account.__table__)  # type: ignore[attr-defined]
    assert office.read_now(lambda tx: tx.one(counted)) == (0,)
    office.close()
    made = run("staff", "add", "first", "--role", "administrator", "--data-dir", str(tmp_path))
    assert made.exit_code == 0
    assert "password" in made.output
