"""The ledger's universes and audiences, and that every entry changes its chain."""

from __future__ import annotations

import pytest

from anonymisation import Ledger, ReleasedTable, TableSpec, protect, protect_next, tabulate
from anonymisation.errors import BadTable
from schemas.tables import RefusedTable
from tests.unit.anonymisation.frames import RULES, survey


def entry(name: str, spec: TableSpec, **more: str) -> ReleasedTable:
    table = protect(tabulate(survey(), [spec]), RULES).tables[0]
    return ReleasedTable(release=name, table=table, **more)


def test_a_project_is_judged_with_its_own_tables_and_the_public_without_them() -> None:
    public = entry("1", TableSpec(["region", "sex"]), freeze="f")
    own = entry("2", TableSpec(["sex", "E1"]), audience="project:a", freeze="f")
    other = entry("3", TableSpec(["age", "E1"]), audience="project:b", freeze="f")
    ledger = Ledger(releases=(public, own, other))
    assert [e.release for e in ledger.seen_by("public").releases] == ["1"]
    assert [e.release for e in ledger.seen_by("project:a").releases] == ["1", "2"]
    asked = [TableSpec(["region", "E1"])]
    mine = protect_next(survey(), asked, RULES, ledger=ledger, freeze="f", audience="project:a")
    theirs = protect_next(survey(), asked, RULES, ledger=ledger, freeze="f")
    held = {t.spec.variables for t in mine.system.tables if t.policy is not None}
    assert ("sex", "E1") in held
    assert ("age", "E1") not in held
    assert ("sex", "E1") not in {t.spec.variables for t in theirs.system.tables}


def test_an_older_freeze_is_not_counted_again_once_a_newer_one_was_published() -> None:
    one = entry("1", TableSpec(["sex"]), freeze="one")
    two = entry("2", TableSpec(["sex"]), freeze="two")
    ledger = Ledger(releases=(one, two))
    with pytest.raises(BadTable, match="later freeze"):
        protect_next(survey(), [TableSpec(["age"])], RULES, ledger=ledger, freeze="one")


def test_every_entry_changes_the_chain_refusals_too() -> None:
    first = Ledger().with_release(entry("1", TableSpec(["sex"])))
    refused = first.with_refusal(RefusedTable(request="r", asked=TableSpec(["age"])))
    assert len({Ledger().digest(), first.digest(), refused.digest()}) == 3
    assert refused.releases == first.releases
