"""The list of words that wait for a native reader is the words that are shown."""

from __future__ import annotations

from pathlib import Path

from survey_service.surveys.core import hierarchy_path

ROOT = Path(__file__).parents[3]


def test_every_listed_word_is_in_the_data() -> None:
    page = (ROOT.parent / "docs" / "reference" / "awaiting-native-reader.md").read_text("utf-8")
    files = sorted(hierarchy_path("age").parents[1].rglob("*.json"))
    data = "\n".join(file.read_text("utf-8") for file in files)
    rows = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    listed = [cell.strip() for row in rows[1:] for cell in row[1:] if cell.strip()]
    assert len(listed) > 400
    assert [word for word in listed if f'"{word}"' not in data] == []
