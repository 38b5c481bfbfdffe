"""A folder with the records of a survey and a policy."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.anonymisation.cli.commands import POLICY
from tests.unit.anonymisation.frames import survey


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    survey().to_csv(tmp_path / "records.csv", index=False)
    (tmp_path / "policy.toml").write_text(POLICY)
    return tmp_path
