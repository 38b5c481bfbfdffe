"""What a page asks of a button or a box is drawn, and not silently as something else."""

from __future__ import annotations

import re
from pathlib import Path

import survey_service

ROOT = Path(survey_service.__file__).parent
DRAWN_WITHOUT_A_RULE = {"primary", "info"}


def test_every_kind_that_a_template_names_is_in_the_stylesheet() -> None:
    """A `secondary` that nobody drew made "No" look like the button to press."""
    style = (ROOT / "web" / "static" / "style.css").read_text(encoding="utf-8")
    drawn = set(re.findall(r"\.(?:button|notice-box)\.([a-z]+)", style)) | DRAWN_WITHOUT_A_RULE
    named = {
        kind
        for template in ROOT.rglob("*.html")
        for kinds in re.findall(r'kind="([a-z ]+)"', template.read_text(encoding="utf-8"))
        for kind in kinds.split()
    }
    assert len(named) > 5
    assert named <= drawn
