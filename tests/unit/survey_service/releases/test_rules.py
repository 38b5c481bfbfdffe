"""How a wave's tables are protected: two people settle it, opening locks it, tables follow it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import text

from schemas.audit import Act
from schemas.methods import CellKey, Geometric, Method, Rounding
from schemas.release import Mark
from schemas.release_rules import ReleaseRules
from schemas.requests import RequestState
from survey_service.problems import Conflict, InvalidInput
from survey_service.releases.altering import secret_of
from survey_service.releases.wording import LANGUAGES, altered_words, method_words, words_in
from tests.unit.survey_service.releases.conftest import PLENTY, Office
from tests.unit.survey_service.releases.site import Site

METHODS: list[Method] = [Rounding(base=5), CellKey(), Geometric(epsilon="1", total="2")]
WHY = "As the ministry and its statisticians have agreed."
Open = Callable[..., Office]


def acts_of(office: Office) -> list[Act]:
    """Every act that is logged from now on."""
    acts: list[Act] = []
    append = office.audit.append

    async def watched(entry: object) -> int:
        acts.append(entry.act)  # type: ignore[attr-defined]
        return await append(entry)  # type: ignore[arg-type]

    office.audit.append = watched  # type: ignore[method-assign, assignment]
    return acts


def test_one_person_alone_changes_nothing(open_office: Open) -> None:
    office = open_office(PLENTY, draft=True)
    acts = acts_of(office)
    rounding = ReleaseRules(method=Rounding())
    office.run(office.releases.propose_rules(office.cora, office.wave, rounding, WHY))
    (waiting,) = office.run(office.releases.waiting_rules())
    assert waiting[1].rules == rounding
    with pytest.raises(Conflict):
        office.run(office.releases.decide_rules(office.cora, office.wave, 1, agreed=True))
    assert office.run(office.releases.rules(office.wave))[0].state == "proposed"
    office.run(office.releases.decide_rules(office.dee, office.wave, 1, agreed=True))
    assert office.run(office.releases.rules(office.wave))[0].state == "agreed"
    assert office.run(office.releases.waiting_rules()) == []
    assert acts == [Act.POLICY_PROPOSED, Act.POLICY_STORED]


def test_rules_are_locked_once_the_wave_is_open(open_office: Open) -> None:
    office = open_office(PLENTY)
    with pytest.raises(Conflict) as refused:
        office.settle_rules(ReleaseRules(threshold=30))
    assert "locked" in refused.value.detail


def test_a_wave_that_opens_while_somebody_agrees_keeps_its_rules(open_office: Open) -> None:
    office = open_office(PLENTY, draft=True)
    rules = ReleaseRules(threshold=30)
    office.run(office.releases.propose_rules(office.cora, office.wave, rules, WHY))
    append = office.audit.append

    async def opened_meanwhile(entry: object) -> int:
        # Another process opens the wave, of which this one does not know yet.
        office.stores.office.write_now(
            lambda tx: tx.run(text("UPDATE wave SET state = 'open' WHERE id = :id"), id=office.wave)
        )
        return await append(entry)  # type: ignore[arg-type]

    office.audit.append = opened_meanwhile  # type: ignore[method-assign]
    with pytest.raises(Conflict) as refused:
        office.run(office.releases.decide_rules(office.dee, office.wave, 1, agreed=True))
    assert "locked" in refused.value.detail
    assert office.run(office.releases.rules(office.wave))[0].state == "proposed"


def test_a_proposal_that_was_overtaken_or_declined_is_never_in_force(open_office: Open) -> None:
    office = open_office(PLENTY, draft=True)
    for threshold in (20, 30):
        rules = ReleaseRules(threshold=threshold)
        office.run(office.releases.propose_rules(office.cora, office.wave, rules, WHY))
    with pytest.raises(Conflict):
        office.run(office.releases.decide_rules(office.dee, office.wave, 1, agreed=True))
    office.run(office.releases.decide_rules(office.dee, office.wave, 2, agreed=False))
    with pytest.raises(Conflict):
        office.run(office.releases.decide_rules(office.dee, office.wave, 2, agreed=True))
    assert {kept.state for kept in office.run(office.releases.rules(office.wave))} == {
        "declined",
        "proposed",
    }


def test_a_threshold_below_the_platforms_own_is_refused(open_office: Open) -> None:
    office = open_office(PLENTY, draft=True)
    with pytest.raises(InvalidInput) as wrong:
        office.settle_rules(ReleaseRules(threshold=5))
    assert [field.field for field in wrong.value.fields] == ["threshold"]


def test_a_higher_threshold_withholds_more(open_office: Open) -> None:
    office = open_office(PLENTY, rules=ReleaseRules(threshold=45))
    table = office.run(
        office.releases.release(office.release(office.asked("B1", by=("E1",))))
    ).table
    assert min(value for value in table.values if value) >= 45
    assert table.marks.count(Mark.WITHHELD) > 0


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
def test_tables_follow_the_method_and_say_so(open_office: Open, method: Method) -> None:
    """Reviewed and published bytes are the same, though both are made from chance."""
    office = open_office(PLENTY, rules=ReleaseRules(method=method))
    release = office.run(office.releases.release(office.release(office.asked("B1", by=("B4",)))))
    expected = Mark.ROUNDED if method.name == "rounding" else Mark.NOISED
    assert set(release.table.marks) == {expected}
    assert release.protection.altered is not None
    assert release.protection.altered.method == method.name
    for language in LANGUAGES:
        words = words_in(language)
        assert len(set(altered_words(release.protection.altered, words))) == 3
        assert method_words(method, words)


def test_a_spent_budget_publishes_no_more_tables(open_office: Open) -> None:
    office = open_office(PLENTY, rules=ReleaseRules(method=Geometric(epsilon="1", total="2")))
    office.release(office.asked("B1"))
    office.release(office.asked("B4"))
    refused = office.ask(office.asked("E1"))
    assert refused.verdict.state is RequestState.NOT_RELEASED


def test_the_plan_is_made_by_the_same_method(open_office: Open) -> None:
    office = open_office(
        PLENTY, rules=ReleaseRules(method=Rounding()), plan=(("B1", "B4"), ("B4", "E1"))
    )
    office.run(office.releases.keep_up())
    (plan,) = office.run(office.releases.plans())
    assert [table.state for table in plan.tables] == [RequestState.UNDER_REVIEW] * 2


def test_the_secret_of_a_wave_is_made_once(office: Office) -> None:
    first = secret_of(office.freezes, office.wave)  # type: ignore[arg-type]
    assert len(first) == 32
    assert secret_of(office.freezes, office.wave) == first  # type: ignore[arg-type]


def test_the_pages_propose_decide_and_name_what_does_not_fit(open_office: Open) -> None:
    office = open_office(PLENTY, draft=True)
    site = Site(office)
    cora, dee = site.visitor("cora"), site.visitor("dee")
    address = f"/office/surveys/{office.wave}/rules"
    form = {"method": "geometric", "epsilon": "2", "total": "1", "reason": WHY, "threshold": "two"}
    wrong = cora.send(address, address, form)
    assert wrong.status_code == 422
    assert "Write a whole number from 3 to 100" in wrong.text
    assert WHY in wrong.text
    assert cora.send(address, address, form | {"total": "3", "threshold": ""}).status_code == 303
    assert "Each table costs 2 of a budget of 3" in dee.get("/office/rules").text
    assert (
        dee.send(
            "/office/rules", f"/office/rules/{office.wave}/1", {"decision": "agree"}
        ).status_code
        == 303
    )
    assert "Nothing waits for you." in dee.get("/office/rules").text
    shown = cora.get(address).text
    assert "Each table costs 2 of a budget of 3" in shown
    assert "Waits for the data protection officer" not in shown
