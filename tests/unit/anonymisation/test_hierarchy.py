from __future__ import annotations

from pathlib import Path

import pytest

from anonymisation import Hierarchy
from anonymisation.errors import BadHierarchy

REGIONS = "Riga;Pieriga;*\nOgre;Pieriga;*\nLiepaja;Kurzeme;*\n"


def test_reads_the_form_arx_uses(tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_text(REGIONS, encoding="utf-8-sig")
    hierarchy = Hierarchy.read_csv(file, "municipality")
    assert hierarchy.height == 2
    assert hierarchy.leaves == ("Riga", "Ogre", "Liepaja")
    assert hierarchy.at("Ogre", 1) == "Pieriga"
    assert hierarchy.at("Ogre", 2) == "*"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Riga;Pieriga;*\nRiga;Kurzeme;*\n", "'Riga' twice"),
        ("a;x;1;*\nb;x;2;*\n", "two parents"),
        ("a;x;*\nb;*\n", "line of 'b' .* has 2 columns, that of 'a' has 3"),
        ("a;x\nb;x\n", "does not end in"),
    ],
)
def test_refuses_what_is_not_nested(text: str, words: str) -> None:
    with pytest.raises(BadHierarchy, match=words):
        Hierarchy.read_csv(text, "municipality")


def test_names_the_code_it_misses() -> None:
    hierarchy = Hierarchy.read_csv(REGIONS, "municipality")
    with pytest.raises(BadHierarchy, match="misses the code 'Cesis'"):
        hierarchy.check_covers(["Riga", "Cesis"])


def test_refuses_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    file = tmp_path / "regions.csv"
    file.write_bytes(b"R\xeega;*\n")
    with pytest.raises(BadHierarchy, match="UTF-8"):
        Hierarchy.read_csv(file, "municipality")
