"""The worked example says what the engine says."""

from __future__ import annotations

import re
from pathlib import Path

from anonymisation import attack, audit
from anonymisation.tables.protection import withhold
from tools.promises_picture import PICTURE, SMALL, THRESHOLD, drawing, example, policy, steps

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "what-a-release-promises.md"


def test_picture_is_what_the_engine_draws_today() -> None:
    assert PICTURE.read_text(encoding="utf-8") == drawing()


def test_table_of_the_page_holds_the_counts_of_the_example() -> None:
    system = example()
    text = PAGE.read_text(encoding="utf-8")
    # The first example of the page; those of P4 and P5 have a test of their own.
    rows = dict(reversed(re.findall(r"^\| (\w+) \| (\d.*) \|$", text, re.MULTILINE)))
    for cell, label in enumerate(system.labels or ()):
        region, answer = ("all" if code == "*" else code for code in label.codes)
        column = ["yes", "no", "no answer", "all"].index(answer)
        printed = rows[region].split("|")[column].strip(" *")
        assert int(printed) == system.values[cell]


def test_each_step_proves_less_and_the_last_leaves_the_threshold_inside() -> None:
    alone, first, last = steps()
    for cell in SMALL:
        assert alone.intervals[cell][0] == alone.intervals[cell][1]
        assert first.intervals[cell][0] < first.intervals[cell][1] < THRESHOLD
        assert last.intervals[cell][0] < THRESHOLD <= last.intervals[cell][1]


def test_person_alone_in_vidzeme_learns_kurzeme_under_the_second_step_only() -> None:
    system = example()
    labels = [label.codes for label in system.labels or ()]
    own = labels.index(("Vidzeme", "no answer"))
    other = labels.index(("Kurzeme", "no answer"))
    known: list[bool] = []
    for step in steps()[1:]:
        hidden = [codes in step.withheld for codes in labels]
        protection = withhold(system, policy("P3"), hidden)
        facts = protection.facts.also(system.incidence[:, [own]].T.toarray(), 1, 1)
        found = attack(facts, policy("P3"))
        place = list(found.cells).index(other)
        known.append(bool(found.low[place] == found.high[place]))
        verdict = audit(system, protection, policy("P3")).promises["P3"]
        assert verdict == ("broken" if known[-1] else "kept")
    assert known == [True, False]
