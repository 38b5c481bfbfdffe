"""What the log, the counts and the windows keep of an interview with help."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from schemas.audit import Act
from survey_service.assisted.models import AssistedWindow
from survey_service.audit_log.service import EntryFilter
from tests.kit.assisted import PIN, Device, Interviews
from tests.kit.field import SLUG, Field


def test_the_log_has_days_and_no_interview(interviews: Interviews) -> None:
    device = interviews.device()
    before = len(entries(interviews))
    for _ in range(11):
        device.until_hand_over().hand_over()
        device.post("leave")
    assert len(entries(interviews)) == before
    interviews.field.later(days=1)
    interviews.assisted.upkeep()
    interviews.assisted.upkeep()
    newest = entries(interviews)[0]
    assert len(entries(interviews)) == before + 1
    assert newest.act is Act.INTERVIEWS_ASSISTED
    assert newest.counts == {"begun_floored_to_ten": 10, "handed_over_floored_to_ten": 10}
    assert newest.actor == "system"


def entries(interviews: Interviews) -> list[object]:
    found = asyncio.run(interviews.field.audit.entries(EntryFilter(), limit=200))
    return list(found.entries)


def test_own_counts_are_floored_and_hidden_below_twenty(interviews: Interviews) -> None:
    account = interviews.hire("mara")
    device = interviews.device(account)
    counting, today = interviews.assisted.counting, interviews.field.now.date()

    async def more(times: int) -> None:
        for _ in range(times):
            await counting.started(account, SLUG, today)

    assert "fewer than" not in device.get("/office/assist-counts").text
    asyncio.run(more(19))
    assert "fewer than 20" in device.get("/office/assist-counts").text
    asyncio.run(more(10))
    assert "at least 20" in device.get("/office/assist-counts").text


def test_a_window_names_no_mediator_and_no_draft(back: Device, field: Field) -> None:
    rows = field.stores.drafts.read_now(lambda tx: tx.dicts(select(AssistedWindow.__table__)))
    text = str(rows)
    accounts = asyncio.run(back.interview.accounts.directory())
    assert len(rows) == 1, "what came before the last hand-over is gone"
    assert not any(account in text for account in accounts)
    assert "mara" not in text
    assert back.code().symbols not in text
    assert PIN not in text
