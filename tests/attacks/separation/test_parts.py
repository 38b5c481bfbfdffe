"""Whoever takes over one part reads no more than what is named for it."""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from survey_service.app import create_app, routes
from survey_service.collection.letterbox import GenerationClosed
from survey_service.parts.front import Front
from survey_service.parts.office import Office
from survey_service.problems import NotTaken
from survey_service.stores.envelopes import open_part, unseal
from survey_service.stores.errors import EnvelopeBroken, StoreRefused
from survey_service.stores.keyring import NAMES
from survey_service.stores.parts import KEYS_OF, Part
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.opening import checklist
from survey_service.surveys.waves import Wave, WaveState
from survey_service.web.permissions import PUBLIC, RESPONDENT, Access, Permission
from tests.kit.escrow import CORA, DEE, WHY, Officers
from tests.kit.field import SLUG, Field, people
from tests.kit.parts import WiredParts

SERVED = {Part.FRONT: Front, Part.OFFICE: Office}


@pytest.fixture
def parts(sqlite_stores: Stores, tmp_path: Path) -> WiredParts:
    return WiredParts(sqlite_stores, tmp_path)


def open_wave(parts: WiredParts, officers: Officers | None = None) -> Wave:
    """Let a coordinator open a wave, and settle see it; with officers, they find lost codes."""
    core, surveys = load(), parts.office.surveys
    surveys.add_survey_now(SLUG, core.questionnaire.title)
    surveys.add_version_now(SLUG, core.questionnaire, core.notice)
    id_ = surveys.add_wave_now(SLUG, 1, core.questionnaire, core.notice, planned_sample=1000)
    if officers is not None:
        asyncio.run(parts.office.escrow.propose(CORA, id_, officers.keys, WHY))
        asyncio.run(parts.office.escrow.decide(DEE, id_, 1, agreed=True))
    warnings = checklist(surveys.wave_now(id_)).warnings
    accepted = dict.fromkeys(warnings, "No municipality is shown anywhere.")
    wave = parts.office.field_work.open_wave_now(id_, accepted=accepted)
    fresh(parts)
    parts.settle.watch.look()
    return wave


def fresh(parts: WiredParts) -> None:
    """Let every part look at the surveys again, as it does every two seconds."""
    for part in (parts.front, parts.office, parts.settle):
        part.surveys.look_again()


def answer(parts: WiredParts, wave: Wave, count: int) -> list[Any]:
    """Let people submit at the front and return their codes."""
    field = Field.__new__(Field)
    field.collection = parts.front.collection

    async def run() -> list[Any]:
        return [await field.answer(wave, person, questions=2) for person in people(count)]

    return asyncio.run(run())


# What each part serves


def handlers(part: Part) -> Iterator[tuple[str, Any]]:
    for handler in routes(part):
        for path in handler.paths:
            yield path, handler


def test_the_front_serves_no_route_of_staff() -> None:
    served = list(handlers(Part.FRONT))
    assert {handler.opt["permission"] for _, handler in served} == {PUBLIC, RESPONDENT}
    assert [path for path, _ in served if path.startswith("/office")] == []


def test_the_office_serves_no_route_of_respondents() -> None:
    served = list(handlers(Part.OFFICE))
    needed = {handler.opt["permission"] for _, handler in served}
    assert RESPONDENT not in needed
    assert needed >= {Permission.WAVES_RUN, Permission.CHECKS_VOTE, Access.SIGNED_IN}


# What leans on nobody's key and says nothing of anybody, so that either part may serve it.
BOTH = {
    "/accessibility",
    "/health",
    "/problems/{slug:str}",
    "/static/{name:str}",
    "/media/{name:str}",
    "/api/v1/reference",
}


def test_every_route_is_served_by_the_part_it_belongs_to_and_by_no_other() -> None:
    """The whole list, by who may come: a route that is added falls to one part, or fails here."""
    served = {part: {each(h, path) for path, h in handlers(part)} for part in SERVED}
    every = [(path, handler) for handler in routes() for path in handler.paths]
    assert len(every) > 150
    for path, handler in every:
        needed, here = handler.opt["permission"], set[Part]()
        if needed is RESPONDENT or (needed is PUBLIC and not path.startswith("/office")):
            here.add(Part.FRONT)
        if needed not in (PUBLIC, RESPONDENT) or path.startswith("/office"):
            here.add(Part.OFFICE)
        if path in BOTH or path.startswith(("/releases", "/api/v1/releases")):
            here = {Part.FRONT, Part.OFFICE}
        assert {part for part in SERVED if each(handler, path) in served[part]} == here, path
    assert served[Part.FRONT] | served[Part.OFFICE] == {each(h, path) for path, h in every}


def each(handler: Any, path: str) -> tuple[str, str]:
    return path, str(sorted(handler.http_methods))


@pytest.mark.parametrize("part", SERVED)
def test_no_route_of_a_part_reaches_for_what_the_part_has_not(part: Part) -> None:
    """What a handler asks of the services is a field of its part's own, in its whole module."""
    has = {field.name for field in fields(SERVED[part])}
    missing = {
        (handler.fn.__module__, name)
        for _, handler in handlers(part)
        for name in reached(handler.fn)
        if name not in has
    }
    assert missing == set()


def reached(function: Any) -> set[str]:
    """Return the names that a handler, and functions of its module it calls, take of services."""
    module = importlib.import_module(function.__module__)
    tree = ast.parse(inspect.getsource(module))
    own = {node.name: node for node in tree.body if isinstance(node, FUNCTIONS)}
    waiting, seen, names = [function.__name__], set(), set()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in own:
            continue
        seen.add(name)
        for node in ast.walk(own[name]):
            if isinstance(node, ast.Name):
                waiting.append(node.id)
            if isinstance(node, ast.Attribute) and is_services(node.value):
                names.add(node.attr)
    return names


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def is_services(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id == "services_of"
    return isinstance(node, ast.Name) and node.id == "services"


def test_both_applications_start(parts: WiredParts) -> None:
    for part, services in ((Part.FRONT, parts.front), (Part.OFFICE, parts.office)):
        assert create_app(services, part=part, maintains=False).routes


# What each part holds


def test_a_part_has_no_store_but_its_own(parts: WiredParts) -> None:
    assert {store.name for store in parts.front.stores} == {
        *("drafts", "inbox", "vault", "answers", "office")
    }
    assert {store.name for store in parts.office.stores} == {"answers", "keys", "office", "audit"}


def test_the_front_cannot_read_back_what_it_wrote(parts: WiredParts) -> None:
    """Every blob in every store it reaches, tried with every key it holds, stays closed."""
    wave = open_wave(parts)
    codes = answer(parts, wave, 25)
    parts.settle.watch.look()
    codes += answer(parts, wave, 3)
    asyncio.run(parts.front.collection.begin(SLUG, people(1)[0].decisions, "lv"))
    blobs = list(sealed_rows(parts.front.stores))
    assert len(blobs) > 25 * 5
    held = [parts.ring.secret(name) for name in KEYS_OF[Part.FRONT]]
    assert opened(blobs, held) == 0
    everything = [parts.ring.secret(name) for name in NAMES]
    wraps = list(sealed_rows([parts.stores.keys]))
    assert opened(wraps, everything) > 25, "the same trial opens where the right key is at hand"
    assert opened(wraps, held) == 0, "nor would the wraps, if it stole them"
    status = asyncio.run(parts.front.rights.status(codes[0]))
    assert status.kind == "settled", "with a code it can"


def sealed_rows(stores: Any) -> Iterator[tuple[tuple[bytes, ...], bytes]]:
    """Give every byte string in the stores with what it may be bound to."""
    for store in stores:
        if store.name == "office":
            continue
        tables = store.read_now(
            lambda tx: tx.all(text("SELECT name FROM sqlite_master WHERE type='table'"))
        )
        for (table,) in tables:
            for row in store.read_now(lambda tx, t=table: tx.all(text(f'SELECT * FROM "{t}"'))):
                names = [c if isinstance(c, bytes) else str(c).encode() for c in row]
                first = names[0] if names else b""
                bound = (first, first + b"record", first + b"contact", *names[:2])
                yield from ((bound, cell) for cell in row if isinstance(cell, bytes))


def opened(blobs: list[tuple[tuple[bytes, ...], bytes]], keys: list[bytes]) -> int:
    return sum(any(opens(key, blob, b) for key in keys for b in bound) for bound, blob in blobs)


def opens(key: bytes, blob: bytes, bound: bytes) -> bool:
    for way in (unseal, open_part):
        try:
            way(key, blob, bound)
        except EnvelopeBroken:
            continue
        return True
    return False


def test_respondents_pages_change_no_survey(parts: WiredParts) -> None:
    wave = open_wave(parts)
    with pytest.raises(StoreRefused, match="may not do this"):
        parts.front.surveys.move_now(wave.id, WaveState.CLOSED)
    assert parts.office.surveys.wave_now(wave.id).state is WaveState.OPEN


# What they want of each other


def test_what_the_front_seals_the_settle_part_settles(parts: WiredParts) -> None:
    wave = open_wave(parts)
    codes = answer(parts, wave, 23)
    parts.settle.watch.look()
    assert [asyncio.run(parts.front.rights.status(c)).kind for c in codes] == ["settled"] * 23
    more = answer(parts, wave, 3)
    parts.settle.watch.look()
    assert [asyncio.run(parts.front.rights.status(c)).kind for c in more] == ["waiting"] * 3
    parts.office.field_work.close_wave_now(wave.id)
    fresh(parts)
    parts.settle.watch.look()
    assert [asyncio.run(parts.front.rights.status(c)).kind for c in more] == ["settled"] * 3
    progress = parts.office.field_work.progress_now()
    assert [entry.settled for entry in progress] == [20]


def test_an_erasure_at_the_front_reaches_keys_and_freeze(parts: WiredParts) -> None:
    wave = open_wave(parts)
    codes = answer(parts, wave, 23)
    frozen = [n for n, one in enumerate(people(23)) if one.decisions["research_reuse"]]
    gone, stays = codes[frozen[0]], codes[frozen[1]]
    parts.settle.watch.look()
    freezes = parts.settle.watch._freezes
    made = freezes.make(wave.id, wave.form, parts.front.clock().date())
    assert made is not None
    assert parts.office.freezes.latest(wave.id) == made
    before = wraps(parts)
    asyncio.run(parts.front.rights.erase(gone))
    assert asyncio.run(parts.front.rights.status(gone)).kind == "nothing", "at once"
    assert parts.office.freezes.latest(wave.id) is None, "nobody opens it from here on"
    with pytest.raises(Exception, match="about to destroy"):
        parts.office.freezes.open(made.id)
    parts.settle.watch.look()
    assert wraps(parts) == before - 2
    with pytest.raises(Exception, match="was destroyed"):
        parts.office.freezes.open(made.id)
    parts.settle.watch.look()
    assert asyncio.run(parts.front.rights.status(stays)).kind == "settled"


def wraps(parts: WiredParts) -> int:
    rows = parts.stores.keys.read_now(lambda tx: tx.all(text("SELECT count(*) FROM row_key")))
    return int(rows[0][0])


def test_without_settle_a_submission_is_refused_and_its_draft_stays(
    parts: WiredParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    wave = open_wave(parts)
    monkeypatch.setattr("survey_service.collection.sending.PATIENCE", (0.0, 0.0))
    inbox = parts.settle.watch._inbox
    inbox.close_now(wave.id)
    with pytest.raises(GenerationClosed):
        parts.front.collection._sending._inbox.generation_now(wave.id)
    with pytest.raises(NotTaken):
        answer(parts, wave, 1)
    rows = parts.stores.drafts.read_now(lambda tx: tx.all(text("SELECT count(*) FROM draft")))
    assert rows[0][0] == 1
