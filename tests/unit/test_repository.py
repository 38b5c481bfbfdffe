"""What lies in the repository beside the code: a clean lock, no secrets, commands that exist."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# A requirement and the hashes that follow it on continued lines.
REQUIREMENTS = [block for block in re.split(r"\n(?=\S)", LOCK.strip()) if block]


def _name(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]).lower()


def test_the_lock_names_no_index_no_address_and_no_folder() -> None:
    assert not re.search(r"://|^-|(^|\s)/|file:|index-url|find-links| @ ", LOCK, re.MULTILINE)


def test_every_locked_requirement_is_exact_and_has_hashes() -> None:
    assert len(REQUIREMENTS) > 50
    for requirement in REQUIREMENTS:
        assert re.match(r"[a-z0-9-]+==\S+", requirement), requirement[:60]
        assert "--hash=sha256:" in requirement, requirement[:60]


def test_everything_asked_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    wanted = project["project"]["dependencies"] + groups["checks"] + groups["build"]
    locked = {_name(requirement) for requirement in REQUIREMENTS}
    assert {_name(requirement) for requirement in wanted} <= locked


def test_no_migration_holds_key_material() -> None:
    folder = ROOT / "survey_service" / "stores" / "migrations"
    versions = [path for path in folder.rglob("*.py") if path.parent != folder]
    assert versions
    for path in versions:
        text = path.read_text(encoding="utf-8")
        # Long hexadecimal or base64 text, and the words a secret would be introduced with.
        found = re.search(
            r"[0-9a-fA-F]{24,}|[A-Za-z0-9+/_-]{40,}={0,2}['\"]|BEGIN [A-Z ]*KEY|Fernet|AESGCM|"
            r"EQUALITY_KEY|Encrypted|keyring",
            text,
        )
        assert found is None, f"{path.name}: {found and found[0]}"


def test_every_make_command_in_the_documents_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    named = {
        target
        for document in documents
        for target in re.findall(
            r"(?:^|`|\$ )make ([a-z-]+)", document.read_text(encoding="utf-8"), re.MULTILINE
        )
    }
    assert {"demo", "test"} <= named
    assert named <= targets


def test_help_lists_every_command_of_make() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    shown = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for target in re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE):
        assert f"make {target}" in shown.stdout


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)#]+)", (ROOT / "docs/README.md").read_text()))
def test_the_index_of_documents_points_at_files(link: str) -> None:
    assert "://" in link or (ROOT / "docs" / link).exists()
