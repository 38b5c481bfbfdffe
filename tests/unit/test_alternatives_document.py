"""The worked example of docs/explanation/alternatives.md, run as it is shown."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from anonymisation.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "alternatives.md"
BLOCK = re.compile(r"```(csv|toml|sh|text)\n(.*?)```", re.DOTALL)
FILES = {"csv": "groups.csv", "toml": "policy.toml"}


def test_the_tables_shown_are_those_that_the_commands_make(tmp_path: Path) -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    for kind, text in blocks:
        if kind in FILES:
            (tmp_path / FILES[kind]).write_text(text, encoding="utf-8")
    (tmp_path / "seed").write_bytes(b"sixteen bytes or more")
    commands = [text.split() for kind, text in blocks if kind == "sh"]
    shown = [text for kind, text in blocks if kind == "text"]
    assert len(commands) == len(shown) == 4
    for (program, *words), wanted in zip(commands, shown, strict=True):
        assert program == "anonymise"
        placed = [str(tmp_path / w) if is_path(w, words) else w for w in words]
        result = CliRunner().invoke(main, placed)
        assert result.exit_code == 0, result.output
        made = result.output.replace(f"{tmp_path}/", "")
        if "region,answer" in wanted:
            folder = tmp_path / words[words.index("--out") + 1]
            made = (folder / "table-1.csv").read_text(encoding="utf-8").replace("\r\n", "\n")
        assert made == wanted


def is_path(word: str, words: list[str]) -> bool:
    """Whether a word of a command names a file or folder of the example."""
    before = words[words.index(word) - 1]
    return word.endswith((".csv", ".toml")) or before in ("--out", "--key", "attack")
