"""On PostgreSQL: each part works with the least rights, and what it must not do is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from survey_service.collection.code import Code
from survey_service.escrow.finding import told
from survey_service.stores.bases import BASES
from survey_service.stores.every_model import import_every_model
from survey_service.stores.grants import GRANTS, role_of, statements
from survey_service.stores.ids import new_id
from survey_service.stores.parts import OWNER_OF, STORES_OF, Part
from survey_service.surveys.waves import Wave
from tests.attacks.separation.test_parts import answer, fresh, open_wave
from tests.kit.escrow import CORA, DEE, SEEN, Officers
from tests.kit.field import people
from tests.kit.parts import WiredParts
from tests.kit.roles import Databases, with_least_rights
from tests.kit.stores import PostgresTemplate

ANNA = ("Anna Ozola", "+371 2000 0000")


@pytest.fixture(scope="module")
def databases(postgres_template: PostgresTemplate) -> Iterator[Databases]:
    with with_least_rights(postgres_template) as made:
        yield made


@pytest.fixture
def parts(databases: Databases, tmp_path: Path) -> Iterator[WiredParts]:
    """The parts, each over stores of its own that it opens by its own roles."""
    with databases.opened(tmp_path / "stores") as (settle, front, office):
        yield WiredParts(settle, tmp_path, apart=(front, office))


async def send_to_be_found(parts: WiredParts, wave: Wave) -> Code:
    """Let somebody answer who wants a lost code to be found."""
    collection, somebody = parts.front.collection, people(1)[0]
    code = await collection.begin(wave.survey, somebody.decisions, "lv")
    await collection.set_escrow(wave.survey, code, told(*ANNA))
    await collection.submit(wave.survey, code)
    return code


async def find(parts: WiredParts, wave: Wave) -> bytes:
    """Ask for that code in the office, let settle look, and fetch what it sealed."""
    parts.settle.reports.look()
    lost_codes = parts.office.lost_codes
    asked = await lost_codes.ask(DEE, wave.id, *ANNA, SEEN, new_id())
    await lost_codes.decide(CORA, asked, grant=True)
    parts.settle.reports.look()
    return await lost_codes.file(DEE, asked)


def test_a_wave_is_lived_through_with_the_least_rights(parts: WiredParts) -> None:
    officers = Officers()
    wave = open_wave(parts, officers)
    codes = answer(parts, wave, 22)
    asyncio.run(parts.front.collection.submit(wave.survey, codes[0]))
    parts.settle.watch.look()
    assert asyncio.run(parts.front.rights.copy(codes[3]))["surveys"][0]["answers"]
    asyncio.run(parts.front.rights.erase(codes[4]))
    parts.settle.watch.look()
    assert asyncio.run(parts.front.rights.status(codes[4])).kind == "nothing"
    lost = asyncio.run(send_to_be_found(parts, wave))
    parts.office.field_work.close_wave_now(wave.id)
    fresh(parts)
    parts.settle.watch.look()
    parts.settle.maintenance.run()
    assert officers.codes(asyncio.run(find(parts, wave))) == [lost.symbols]
    freezes = parts.settle.watch._freezes
    made = freezes.make(wave.id, wave.form, parts.front.clock().date())
    assert made is not None
    assert parts.office.freezes.latest(wave.id) == made
    assert len(parts.office.freezes.open(made.id).frame)
    parts.office.freezes.keep_lasting(wave.id, "plan", b"tables")
    parts.office.freezes.keep_review("request", made.id, b"counts")
    assert parts.office.freezes.read_review("request") == b"counts"
    assert parts.office.field_work.progress_now()[0].settled == 20
    assert parts.office.audit.verify_all_now().sound
    assert asyncio.run(parts.front.releases.released()).releases == ()


REFUSED = (
    ("answers", Part.FRONT, 'SELECT * FROM "freeze"'),
    ("answers", Part.FRONT, "SELECT * FROM review"),
    ("answers", Part.FRONT, "INSERT INTO answer (tag, wave, body, by_code) VALUES ('','','','')"),
    ("answers", Part.FRONT, "DELETE FROM outdated"),
    ("vault", Part.FRONT, "INSERT INTO consent VALUES ('', '', '', '', '')"),
    ("vault", Part.FRONT, "SELECT * FROM erased"),
    ("inbox", Part.FRONT, "UPDATE generation SET vault_key = ''"),
    ("inbox", Part.FRONT, "UPDATE generation SET state = 'open'"),
    ("inbox", Part.FRONT, "INSERT INTO generation VALUES ('', '', 'open', '', '')"),
    ("office", Part.FRONT, "SELECT * FROM account"),
    ("office", Part.FRONT, "SELECT * FROM request"),
    ("office", Part.FRONT, "UPDATE wave SET state = 'open'"),
    ("drafts", Part.FRONT, "UPDATE assisted_loan SET loan = ''"),
    ("drafts", Part.FRONT, "DELETE FROM assisted_loan"),
    ("inbox", Part.FRONT, "UPDATE once_key SET sealed = ''"),
    ("inbox", Part.FRONT, "DELETE FROM once_key"),
    ("inbox", Part.FRONT, "DELETE FROM mark"),
    ("vault", Part.FRONT, "UPDATE consent SET record = ''"),
    ("vault", Part.FRONT, "DELETE FROM used"),
    ("vault", Part.FRONT, "UPDATE used SET kind = ''"),
    ("answers", Part.FRONT, "UPDATE answer SET wave = ''"),
    ("office", Part.FRONT, "INSERT INTO slip_batch SELECT * FROM slip_batch"),
    ("office", Part.FRONT, "UPDATE slip_batch SET wave = ''"),
    ("office", Part.FRONT, "SELECT * FROM handed_slips"),
    ("office", Part.FRONT, "SELECT * FROM escrow_request"),
    ("office", Part.FRONT, "SELECT * FROM contact_list"),
    ("office", Part.FRONT, "SELECT * FROM quota_plan"),
    ("office", Part.FRONT, "SELECT * FROM part_report"),
    ("office", Part.FRONT, "UPDATE notice SET document = ''"),
    ("office", Part.FRONT, "DELETE FROM media_file"),
    ("answers", Part.OFFICE, "SELECT body FROM answer"),
    ("answers", Part.OFFICE, "SELECT tag FROM answer"),
    ("answers", Part.OFFICE, "DELETE FROM answer"),
    ("answers", Part.OFFICE, "UPDATE \"freeze\" SET sealed = ''"),
    ("office", Part.SETTLE, "SELECT * FROM account"),
    ("office", Part.SETTLE, "UPDATE wave SET questionnaire = ''"),
    ("office", Part.SETTLE, "SELECT * FROM handed_slips"),
    ("office", Part.SETTLE, "INSERT INTO contact_list SELECT * FROM contact_list"),
    ("office", Part.SETTLE, "UPDATE contact_list SET public_key = ''"),
    ("office", Part.SETTLE, "UPDATE escrow_request SET reason = ''"),
    ("office", Part.SETTLE, "INSERT INTO ceremony SELECT * FROM ceremony"),
    ("office", Part.SETTLE, "UPDATE ceremony SET decided_by = ''"),
    ("office", Part.SETTLE, "UPDATE quota_plan SET variables = ''"),
    ("audit", Part.SETTLE, "SELECT * FROM audit_detail"),
    ("audit", Part.SETTLE, "SELECT * FROM audit_search"),
    ("audit", Part.SETTLE, "DELETE FROM audit_leaf"),
    ("audit", Part.SETTLE, "UPDATE audit_detail SET ciphertext = ''"),
)


def test_what_is_refused_names_tables_and_columns_there_are(databases: Databases) -> None:
    """Whom nothing is refused can say each of it: a name misspelt would prove nothing."""
    for store, _, statement in REFUSED:
        with psycopg.connect(databases.owner[store]) as connection:
            connection.execute(f"EXPLAIN {statement}")


@pytest.mark.parametrize(("store", "part", "statement"), REFUSED)
def test_what_a_part_must_not_do_is_refused(
    databases: Databases, store: str, part: Part, statement: str
) -> None:
    assert databases.refused(store, role_of(store, part), statement)


def test_no_part_comes_to_a_store_that_is_not_its_own(databases: Databases) -> None:
    roles = {(store, part): role_of(store, part) for store, part in GRANTS}
    for store in databases.owner:
        for (own, part), role in roles.items():
            if own != store:
                assert databases.refused(store, role, "SELECT 1"), f"{role} in {store}"
            else:
                assert not databases.refused(store, role, "SELECT 1"), f"{part} in its own"


def test_rights_are_named_for_tables_there_are() -> None:
    import_every_model()
    for (store, part), tables in GRANTS.items():
        assert store in STORES_OF[part]
        assert OWNER_OF[store] is not part
        assert set(tables) <= set(BASES[store].metadata.tables)


def test_the_office_has_no_role_for_the_vault() -> None:
    assert not [store for store, part in GRANTS if part is Part.OFFICE and store == "vault"]
    assert "equality_vault_office" not in " ".join(statements("vault"))
