"""Which questions come: consent leaves out its block, answers leave out what does not apply."""

from __future__ import annotations

from schemas.notice import PurposeId
from survey_service.surveys.core import load
from tests.kit.live import LiveService
from tests.kit.plain import Form, Forms
from tests.kit.walks import (
    REPLIES,
    WITHOUT_CONTACT,
)

BLOCK = {
    q.id for q in load().questionnaire.questions if q.purpose is PurposeId.ETHNIC_HEALTH and q.asked
}


def route(form: Form, replies: dict[str, object]) -> list[str]:
    """The questions that come when each is answered like this, up to the check page."""
    seen: list[str] = []
    step = form.get("go-on").headers["location"]
    while "/q/" in step:
        seen.append(step.rpartition("/")[2])
        given = replies.get(seen[-1], REPLIES[seen[-1]])
        step = form.reply(seen[-1], given).headers["location"]  # type: ignore[arg-type]
    assert step.endswith("/check")
    return seen


def test_refusing_the_ethnic_and_health_block_leaves_out_its_questions_and_no_other(
    demo_service: LiveService,
    forms: Forms,
) -> None:
    whole = route(forms().begin(), {})
    without = forms().begin(WITHOUT_CONTACT | {"ethnic_health": "no"})
    assert route(without, {}) == [qid for qid in whole if qid not in BLOCK]
    assert set(whole) >= {"B5", "E1", "H2"}
    assert without.post("q/E1", {"value": "1"}).status_code == 404, "nor can they be forged"


def test_questions_that_do_not_apply_are_left_out(forms: Forms) -> None:
    alone = {"B5": ["rom"], "B9": "1", "D1": "1", "H1": ["none"]}
    whole = route(forms().begin(), {})
    short = route(forms().begin(), dict(alone))
    missing = {"B6", "B10", "B11", "C3", "C4", "C5", "D2", "H2", "H3"}
    assert short == [qid for qid in whole if qid not in missing]
    form = forms().begin()
    route(form, {})
    for question, reply in alone.items():
        form.reply(question, reply)  # type: ignore[arg-type]
    check = form.get("check").text
    assert "/q/B9?" in check
    assert not any(f"/q/{qid}?" in check for qid in missing), "nor what was answered before"
