"""The release plan: the indicator tables of a wave, protected first and as one system.

They are made of the wave's first freeze before any other request of it is answered, and are
stored; from then on every other table is judged as if they were published already, so none can
block them. Each goes before two checkers like any other table. When the freeze is destroyed,
because somebody withdrew, they are still served as they were stored.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from anonymisation import plan
from anonymisation.errors import BadTable, Refused
from schemas.audit import Act
from schemas.certificate import PublicCertificate
from schemas.methods import Suppression
from schemas.requests import RequestPurpose, RequestState, TableQuestion
from schemas.tables import Ledger, ProtectedTable, ReleasedTable
from schemas.vocabulary import Frozen
from survey_service.releases import ledger
from survey_service.releases.altering import secret_of
from survey_service.releases.desk import Desk
from survey_service.releases.kept import KeptRequest, request_by_id
from survey_service.releases.models import RequestRow
from survey_service.releases.protecting import (
    SECONDS,
    Ground,
    Protected,
    ReviewFile,
    policy_of,
    protected,
    released_frame,
    spec_of,
    tells_something,
)
from survey_service.releases.question import layout_of, question_hash, question_text
from survey_service.releases.rules import rules_of
from survey_service.stores.ids import new_id
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave

if TYPE_CHECKING:
    import pandas as pd

AUTHOR = "release-plan"
"""Who asks for planned tables: nobody, so that anybody may check them."""
INDICATORS = (
    ("B1", "B4"),
    ("B4", "C1"),
    ("B4", "D1"),
    ("B4", "F1"),
    ("B4", "E1"),
    ("B4", "E3"),
    ("B4", "G1.below_threshold"),
    ("B4", "F3.water"),
    ("B4", "F4.damp"),
    ("B4", "C2"),
    ("B4", "D2"),
    ("B4", "E4"),
    ("B4", "G2"),
    ("B4", "H3"),
)
"""The core questionnaire's tables, the surest first: people by region and sex, then by sex
education, main activity, housing tenure, health, care not received, income below the threshold,
water in the home, damp, education going on, paid work, family doctor, making ends meet, and
whether an incident was reported. Indicators by region and those of several answers taken together
(discrimination in any situation) are asked for like other tables.

Cost: 147 CPU seconds for a thousand made-up respondents, 5 for the first answer and 39 for the
last: codes of sex that are withheld make all of them hang together.
"""
DEMONSTRATED = INDICATORS[:5]
"""What a demonstration protects, which is to be ready in about a minute."""
PURPOSE = (
    "The survey's release plan: an indicator table, published for every wave in the same shape."
)


class PlanFile(Frozen):
    """One planned table as it is served, whatever becomes of the freeze it was counted from."""

    table: ProtectedTable
    public: PublicCertificate
    frozen_on: date


class PlannedTable(Frozen):
    """One table of the plan and the request it stands under."""

    request: str
    question: TableQuestion


class PlanMade(Frozen):
    """That the plan of a wave was made: of which freeze, and which questions could not go."""

    freeze: str
    made_at: str
    tables: tuple[PlannedTable, ...]
    left_out: tuple[TableQuestion, ...]


def plan_of(desk: Desk, wave: str) -> PlanMade | None:
    """Return what the plan of a wave came to, or None while there is none."""
    kept = desk.freezes.read_lasting(wave, f"plan:{wave}")
    return None if kept is None else PlanMade.model_validate_json(kept)


def is_planned(request: KeptRequest) -> bool:
    """Whether a request is a table of the plan."""
    return request.author == author_of(request.wave)


def author_of(wave: str) -> str:
    """Return who asks for the planned tables of a wave."""
    return f"{AUTHOR}:{wave}"


def planned_file(desk: Desk, request: KeptRequest) -> PlanFile | None:
    """Return a planned table as it was stored, or None for any other request."""
    if not is_planned(request):
        return None
    kept = desk.freezes.read_lasting(request.wave, f"planned:{request.id}")
    return None if kept is None else PlanFile.model_validate_json(kept)


def reserved(desk: Desk, wave: str) -> Ledger:
    """Return the planned tables of a wave that are not published yet: they count already."""
    made = plan_of(desk, wave)
    entries = []
    for one in made.tables if made else ():
        request = desk.office.read_now(lambda tx, of=one.request: request_by_id(tx, of))  # type: ignore[misc]
        if request is None or request.state == RequestState.RELEASED:
            continue
        file = planned_file(desk, request)
        if file is not None:
            entry = ReleasedTable(release=request.id, table=file.table, freeze=request.freeze_id)
            entries.append(entry)
    return Ledger(releases=tuple(entries))


async def ensure_plan(desk: Desk, wave: Wave) -> None:
    """Make the plan of a wave that is frozen for the first time and has none; again is the same."""
    if not desk.plan or wave.id in desk.planned:
        return
    async with desk.planning:
        made = await asyncio.to_thread(_made, desk, wave)
        if made is None:
            return
        missing = await desk.office.read(
            lambda tx: [one for one in made.tables if request_by_id(tx, one.request) is None]
        )
        for one in missing:
            hashes = {"question": question_hash(one.question)}
            await desk.log(Act.REQUEST_UNDER_REVIEW, one.request, None, hashes=hashes)
        await desk.office.write(lambda tx: _enter(tx, desk, wave, made))
        desk.planned.add(wave.id)


def _made(desk: Desk, wave: Wave) -> PlanMade | None:
    """The plan as it was stored once, or as it is made and stored now; None: it is too early."""
    made = plan_of(desk, wave.id)
    if made is not None:
        return made
    freeze = desk.freezes.latest(wave.id)
    known = desk.office.read_now(lambda tx: ledger.published(tx, wave.id))
    if freeze is None or known.facts:
        return None
    data = desk.freezes.open(freeze.id)
    questions = _questions(desk, wave, [str(name) for name in data.frame.columns])
    found = _protected(desk, wave, data.frame, freeze.id, questions)
    tables = []
    for question, one in found:
        request = new_id()
        file = PlanFile(table=one.table, public=one.public, frozen_on=freeze.made_on)
        desk.freezes.keep_lasting(wave.id, f"planned:{request}", file.model_dump_json().encode())
        review = ReviewFile(table=one.table, review=one.review, public=one.public)
        desk.freezes.keep_review(request, freeze.id, review.model_dump_json().encode())
        tables.append(PlannedTable(request=request, question=question))
    gone = [q for q in questions if q not in [question for question, _ in found]]
    made = PlanMade(
        freeze=freeze.id, made_at=desk.instant(), tables=tuple(tables), left_out=tuple(gone)
    )
    payload = made.model_dump_json().encode()
    desk.freezes.keep_lasting(wave.id, f"plan:{wave.id}", payload, once=True)
    # Of two workers at once the first one's plan stands for both.
    return plan_of(desk, wave.id)


def _one_after_another(
    on: Ground, questions: Sequence[TableQuestion]
) -> list[tuple[TableQuestion, Protected]]:
    """Rounded or noised tables, each judged, or paid for, beside those before it."""
    found: list[tuple[TableQuestion, Protected]] = []
    for question in questions:
        entries = tuple(
            ReleasedTable(release=f"planned-{number}", table=one.table, freeze=on.freeze)
            for number, (_, one) in enumerate(found)
        )
        one = protected(replace(on, ledger=Ledger(releases=entries)), question)
        if one is not None:
            found.append((question, one))
    return found


def _protected(
    desk: Desk, wave: Wave, frame: pd.DataFrame, freeze: str, questions: Sequence[TableQuestion]
) -> list[tuple[TableQuestion, Protected]]:
    book = desk.book(wave)
    rules = desk.office.read_now(lambda tx: rules_of(tx, wave.id))
    names = {name for question in questions for name in question.variables}
    columns = released_frame(frame, names, book)
    if not isinstance(rules.method, Suppression):
        on = Ground(columns, book, Ledger(), freeze, rules, secret_of(desk.freezes, wave.id))
        return _one_after_another(on, questions)
    try:
        made = plan(
            columns,
            [spec_of(question) for question in questions],
            policy=policy_of(book, rules),
            seconds=SECONDS,
        )
    except (Refused, BadTable):
        return []
    by_spec = {one.spec.canonical(): one for one in made.planned}
    found = []
    for question in questions:
        one = by_spec.get(spec_of(question).canonical())
        if one is None or one.protection.certificate is None or not tells_something(one.table):
            continue
        certificate = one.protection.certificate
        public = certificate.public.model_copy(update={"specs": (one.table.spec,)})
        found.append((question, Protected(one.table, one.review, public, certificate.inside)))
    return found


def _questions(desk: Desk, wave: Wave, columns: Sequence[str]) -> list[TableQuestion]:
    book = desk.book(wave)
    return [
        TableQuestion(
            survey=wave.survey,
            wave=wave.id,
            # With the states apart, as tables are asked by default: their sums, once printed,
            # would leave little room to print them one by one.
            variables=tuple(sorted(names, key=book.place.__getitem__)),
        )
        for names in desk.plan
        if all(name in book.by_name and name in columns for name in names)
    ]


def _enter(tx: Tx, desk: Desk, wave: Wave, made: PlanMade) -> None:
    """Put every planned table before the checkers that is not there yet."""
    for number, one in enumerate(made.tables, start=1):
        if request_by_id(tx, one.request) is not None:
            continue
        row = {
            "id": one.request,
            "author": author_of(wave.id),
            "key": one.request,
            "survey": wave.survey,
            "wave": wave.id,
            "freeze_id": made.freeze,
            "question": question_text(one.question),
            "question_hash": question_hash(one.question),
            "layout": layout_of(one.question).model_dump_json(),
            "purpose_code": RequestPurpose.MONITORING.value,
            "purpose_text": PURPOSE,
            "asked_on": made.made_at[:10],
            "asked_at": made.made_at,
            "day_number": number,
            "state": RequestState.UNDER_REVIEW.value,
            "round": 1,
        }
        if tx.add(RequestRow.model_validate(row), ignore=True):
            ledger.append(
                tx,
                wave=wave.id,
                freeze_id=made.freeze,
                kind=RequestState.UNDER_REVIEW.value,
                request=one.request,
                question=question_text(one.question),
                facts=None,
                made_at=desk.instant(),
            )
