"""A thief with a backup, and a restore of one: nothing joins, and who erased stays erased."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from survey_service.backups import copying, making
from survey_service.backups.restoring import MARK, refuse_half_restored
from survey_service.collection.code import Code
from survey_service.contact_lists.models import ContactListRow
from survey_service.escrow.models import EscrowRequestRow
from survey_service.invitations.models import HandedSlips
from survey_service.rights.status import Status
from survey_service.stores.errors import StoreRefused
from survey_service.stores.models import RowKey
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave
from tests.attacks.test_separation import bound, raw_tags, row_orders, tags_of
from tests.kit.field import SLUG, Field, people, spearman
from tests.kit.keeping import Keeping, run
from tests.kit.scan import bytes_of, first_places, without_empty_pages
from tests.kit.stores import SqliteTemplate

ROW_KEY = RowKey.__table__  # type: ignore[attr-defined]
Files = Callable[[Store], list[Path]]


@pytest.fixture
def keeping(stores: Stores, tmp_path: Path) -> Keeping:
    return Keeping(stores, tmp_path)


@pytest.fixture
def quick(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Keeping]:
    """One on SQLite, for what is the same on both databases."""
    with sqlite_template.open(tmp_path / "stores") as stores:
        yield Keeping(stores, tmp_path)


def answered(field: Field, count: int) -> tuple[Wave, list[Code]]:
    wave = field.open_wave()
    return wave, field.answer_all(wave, people(count), questions=2)


def alive(field: Field, code: Code) -> str:
    return run(field.rights.status(code)).kind


def test_a_backup_joins_nothing_and_keeps_no_order_no_time_and_no_key(keeping: Keeping) -> None:
    field = keeping.field
    wave, codes = answered(field, 100)
    waiting = run(field.answer(wave, people(101)[-1], questions=2))
    run(field.fill(wave, people(102)[-1]))
    keeping.backup()
    keeping.backup("elsewhere", ["keys"])

    tags = tags_of(field, [*codes, waiting])
    never = raw_tags(field, [*codes, waiting])
    secret = [keeping.ring.secret(name) for name in ("office-wrap-answers", "settle-keys")]
    for path in [*(keeping.folder / "backup").iterdir(), keeping.folder / "elsewhere/keys.sqlite"]:
        data = path.read_bytes()
        foreign = [t for name, some in tags.items() if name != path.stem for t in some]
        sought = foreign + never + secret
        assert not first_places(data, sought + [s.hex().encode() for s in sought]), path.name
        assert path.stat().st_mtime % 86400 == 0, f"{path.name}: a time of day"
        assert path.stat().st_mode & 0o077 == 0
    for name in ("vault", "answers"):
        data = (keeping.folder / "backup" / f"{name}.sqlite").read_bytes()
        offsets = first_places(data, tags[name])
        assert len(offsets) == 100, "the waiting one is not among them"
        order = [float(offsets[tag]) for tag in tags[name][:-1]]
        rho = spearman([float(n) for n in range(100)], order)
        assert abs(rho) < bound(100), f"{name}: {rho:.2f}"
    kept = sqlite3.connect(keeping.folder / "elsewhere/keys.sqlite")
    assert kept.execute("SELECT count(*) FROM settle_key").fetchone() == (0,)
    assert kept.execute("SELECT count(*) FROM row_key").fetchone() == (200,)
    kept.close()

    keeping.restore(stores=["vault", "answers"])
    for name, table in (("vault", "consent"), ("answers", "answer")):
        for column, values in row_orders(
            getattr(field.stores, name), table, tags[name][:-1]
        ).items():
            rho = spearman([float(n) for n in range(100)], values)
            assert abs(rho) < bound(100), f"restored {name}: order by {column}: {rho:.2f}"


def test_a_restored_backup_shows_nothing_of_who_erased_since(
    keeping: Keeping, store_files: Files
) -> None:
    field = keeping.field
    wave, codes = answered(field, 40)
    closed = field.close_wave(wave)
    freeze = field.freezes.make(wave.id, closed.form, field.clock().date())
    assert freeze is not None
    keeping.backup()
    keeping.backup("keys-elsewhere", ["keys"])
    gone = [codes[3], codes[17]]
    for code in gone:
        run(field.rights.erase(code))
    own = [tag for tags in tags_of(field, gone).values() for tag in tags]
    names = [field.answers._row_keys.name(tag) for tag in tags_of(field, gone)["answers"]]

    assert keeping.restore().rows_taken_out == 4
    assert keeping.restore("keys-elsewhere").stores == ["keys"]

    assert [alive(field, code) for code in gone] == ["nothing", "nothing"]
    assert alive(field, codes[5]) == "settled"
    assert len(field.answers.bodies(wave.id)) == 38
    assert field.freezes.latest(wave.id) is None
    assert keeping.maintenance.freeze_if_due(closed) is False
    if field.stores.vault.path is not None:
        for store in field.stores:
            data = b"".join(without_empty_pages(bytes_of(p)) for p in store_files(store))
            assert not first_places(data, own + names), store.name
    assert field.audit.verify_all_now().sound


def refused(keeping: Keeping, words: str, **options: object) -> None:
    before = {n: keeping.field.answers.count(n) for n in [keeping.field.surveys.waves_now()[0].id]}
    with pytest.raises(StoreRefused, match=words):
        keeping.restore(**options)  # type: ignore[arg-type]
    assert not (keeping.folder / MARK).exists()
    for wave, count in before.items():
        assert keeping.field.answers.count(wave) == count


def test_no_restore_without_the_newest_list_of_erasures(quick: Keeping) -> None:
    field = quick.field
    _wave, codes = answered(field, 40)
    run(field.rights.erase(codes[0]))
    quick.backup()
    own, old = quick.folder / "tombstones", quick.folder / "old"
    shutil.copy(own, old)
    run(field.rights.erase(codes[1]))
    field.answer_all(field.surveys.waves_now()[0], people(80)[40:], questions=2)
    newest = own.read_bytes()

    own.unlink()
    refused(quick, "list of erasures is missing")
    refused(quick, "older than the backup or the audit log says", tombstones=old)
    own.write_bytes(newest[:65])
    refused(quick, "older than the backup")
    own.write_bytes(newest[:-65] + b"0" * 64 + b"\n")
    refused(quick, "older than the backup or the audit log says")
    own.unlink()
    (quick.folder / "saved").write_bytes(newest)
    quick.restore(tombstones=quick.folder / "saved")
    assert [alive(field, code) for code in codes[:3]] == ["nothing", "nothing", "settled"]
    assert own.read_bytes() == newest


def test_a_changed_or_foreign_backup_is_refused(quick: Keeping, tmp_path: Path) -> None:
    answered(quick.field, 20)
    quick.backup()
    path = quick.folder / "backup" / "answers.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused(quick, "missing or was changed")
    path.write_bytes(whole)
    note = quick.folder / "backup" / "manifest.note"
    signed = note.read_text()
    note.write_text(signed.replace('"answer":20', '"answer":19'))
    refused(quick, "not signed by this installation")
    note.write_text(quick.field.audit.checkpoint_now())
    refused(quick, "not signed by this installation")
    note.unlink()
    refused(quick, "manifest.note is missing")


def test_inbox_drafts_and_keys_beside_rows_are_never_copied(quick: Keeping) -> None:
    quick.field.open_wave()
    for stores, words in (
        (["inbox"], "never in a backup"),
        (["vault", "drafts"], "never in a backup"),
        (["keys", "answers"], "never beside what they open"),
    ):
        with pytest.raises(StoreRefused, match=words):
            quick.backup(stores=stores)
    (quick.folder / "full").mkdir()
    (quick.folder / "full" / "letter").touch()
    with pytest.raises(StoreRefused, match="no backup"):
        quick.backup("full")
    assert not (quick.folder / "backup").exists()


def test_a_backup_waits_for_a_settle_that_was_cut_short(quick: Keeping) -> None:
    field = quick.field
    wave, _codes = answered(field, 5)
    field.inbox.close_now(wave.id)
    quick.maintenance.run = lambda: None  # type: ignore[method-assign]
    with pytest.raises(StoreRefused, match="cut short"):
        quick.backup()
    del quick.maintenance.run
    quick.backup()
    assert field.answers.count(wave.id) == 5


def test_a_newer_audit_log_stays_and_a_newer_ledger_is_not_forgotten(quick: Keeping) -> None:
    answered(quick.field, 20)
    quick.backup()
    size = run(quick.field.audit.size())
    run(quick.field.audit.checkpoint())
    quick.hold("settle-keys")
    done = quick.restore(stores=["vault", "audit"])
    assert done.stores == ["vault"]
    assert "newer than the backup" in done.told[0]
    assert run(quick.field.audit.size()) > size
    assert quick.field.audit.verify_all_now().sound


def test_a_lost_installation_comes_back_from_its_backup(quick: Keeping) -> None:
    field = quick.field
    wave, codes = answered(field, 40)
    waiting = run(field.answer(wave, people(41)[-1], questions=2))
    quick.backup()
    quick.backup("keys-elsewhere", ["keys"])
    field.stores.close()
    for path in (quick.folder / "stores").iterdir():
        path.unlink()

    other = Keeping(Stores.at(quick.folder / "stores"), quick.folder)
    done = other.restore()
    assert any("as old as the backup" in sentence for sentence in done.told)
    other.restore("keys-elsewhere")
    field = other.field
    assert alive(field, codes[7]) == "settled"
    assert alive(field, waiting) == "nothing"
    assert len(field.answers.bodies(wave.id)) == 40
    # Whoever answers now is not sealed to a key that is gone.
    again = run(field.answer(field.surveys.waves_now()[0], people(42)[-1], questions=2))
    field.settle.run(field.surveys.waves_now()[0], threshold=1)
    assert alive(field, again) == "settled"
    other.field.stores.close()


def test_nobody_answers_into_a_batch_whose_key_was_lost(quick: Keeping) -> None:
    field = quick.field
    wave, codes = answered(field, 20)
    quick.backup("keys-elsewhere", ["keys"])
    waiting = run(field.answer(wave, people(21)[-1], questions=2))
    field.stores.keys.close()
    (quick.folder / "stores" / "keys.sqlite").unlink()
    done = quick.restore("keys-elsewhere")
    assert any("have to answer again" in sentence for sentence in done.told)
    assert [alive(field, code) for code in (codes[0], waiting)] == ["settled", "nothing"]
    # A front that remembers the old batch is told that it is closed, and takes the new one.
    again = run(field.answer(wave, people(22)[-1], questions=2))
    field.settle.run(wave, threshold=1)
    assert alive(field, again) == "settled"
    assert len(field.answers.bodies(wave.id)) == 21


def test_wraps_of_a_replaced_key_are_not_put_back(quick: Keeping) -> None:
    answered(quick.field, 20)
    quick.backup()
    quick.backup("keys-elsewhere", ["keys"])
    quick.hold("office-wrap-vault")
    refused(quick, "office-wrap-vault was replaced", name="keys-elsewhere")
    quick.backup("keys-elsewhere", ["keys"])
    assert quick.restore("keys-elsewhere").stores == ["keys"]


def test_the_service_does_not_start_on_half_a_restore(tmp_path: Path) -> None:
    refuse_half_restored(tmp_path)
    (tmp_path / MARK).touch()
    with pytest.raises(StoreRefused, match="cut short"):
        refuse_half_restored(tmp_path)


def test_a_restored_backup_counts_nothing_that_was_taken_back_since(quick: Keeping) -> None:
    field = quick.field
    wave, codes = answered(field, 25)
    wave = field.close_wave(wave)
    universe = [c for c in codes if "research_reuse" in run(field.rights.status(c)).purposes]
    assert len(universe) > 5
    assert field.freezes.make(wave.id, wave.form, field.now.date()) is not None
    quick.backup()
    quick.backup("keys-elsewhere", ["keys"])
    run(field.rights.withdraw(universe[0], "research_reuse"))
    run(field.rights.restrict(universe[1], on=True))
    quick.restore()
    quick.restore("keys-elsewhere")

    field = quick.field
    assert field.freezes.latest(wave.id) is None, "the freeze held who took it back"
    field.hand_over.serve(wave.id)
    made = field.freezes.make(wave.id, wave.form, field.now.date())
    assert made is not None
    assert len(field.freezes.open(made.id).frame) == len(universe) - 2
    assert alive(field, universe[0]) == "settled", "with the code the answers are there"
    status = run(field.rights.status(universe[1]))
    assert status.outdated, "his page tells him"
    assert not status.counted
    assert not run(field.rights.status(universe[2])).outdated
    run(field.rights.withdraw(universe[1], "ethnic_health"))
    assert not run(field.rights.status(universe[1])).outdated
    made = field.freezes.make(wave.id, wave.form, field.now.date())
    assert made is not None
    assert len(field.freezes.open(made.id).frame) == len(universe) - 1, "he said it again"
    run(field.rights.confirm(universe[0]))
    run(field.rights.confirm(universe[0]))
    assert run(field.rights.status(universe[0])).counted
    made = field.freezes.make(wave.id, wave.form, field.now.date())
    assert made is not None
    assert len(field.freezes.open(made.id).frame) == len(universe), "as it stands, he says"


@pytest.mark.parametrize("order", [("backup", "keys-elsewhere"), ("keys-elsewhere", "backup")])
def test_a_contact_taken_back_since_is_not_back_with_the_vault(
    keeping: Keeping, order: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 5)  # Several pages of few people: none loses a row.
    field = keeping.field
    wave, codes = answered(field, 24)
    field.close_wave(wave)
    keeping.backup()
    keeping.backup("keys-elsewhere", ["keys"])
    before = field.consents.contacts_left(SLUG)

    async def take_back() -> tuple[Code, Code]:
        found = [c for c in codes if "contact" in (await field.rights.status(c)).purposes][:2]
        await field.rights.withdraw(found[0], "contact")
        return found[0], found[1]

    async def look(code: Code) -> tuple[Status, str]:
        return await field.rights.status(code), str(await field.rights.copy(code))

    taken, other = run(take_back())
    field.hand_over.note(wave)
    assert field.consents.contacts_left(SLUG) == before - 1
    # The keys are lost as well, so that the vault is put back before what opens it, or after.
    field.stores.keys.write_now(lambda tx: tx.run(delete(ROW_KEY)))
    for name in order:
        keeping.restore(name)
    assert len(field.consents.tags_of(SLUG)) == len(field.answers.tags()) == len(codes)
    assert field.consents.contacts_left(SLUG) == before - 1
    status, copy = run(look(taken))
    assert "contact" in status.taken_back - status.purposes
    assert "@" not in copy
    assert "+371" not in copy
    status, copy = run(look(other))
    assert "contact" in status.purposes
    assert "@" in copy or "+371" in copy


@pytest.mark.parametrize("beside", ["backup.before", "backup.writing"])
def test_a_folder_beside_the_backup_that_is_somebody_elses_is_left_alone(
    quick: Keeping, beside: str
) -> None:
    quick.backup()
    letter = quick.folder / beside / "letter"
    letter.parent.mkdir()
    letter.touch()
    with pytest.raises(StoreRefused, match=beside):
        quick.backup()
    assert letter.exists()
    assert (quick.folder / "backup").is_dir()


def test_a_disk_that_fills_up_keeps_the_old_backup_and_gets_its_room_back(
    quick: Keeping, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = quick.backup()
    copy = copying.copy_out

    def full(store: Store, target: Path) -> dict[str, int]:
        if store.name == "office":
            raise OSError(28, "No space left on device")
        return copy(store, target)

    monkeypatch.setattr(making, "copy_out", full)
    with pytest.raises(OSError, match="No space"):
        quick.backup()
    assert not (quick.folder / "backup.writing").exists()
    kept = {path.name for path in (quick.folder / "backup").iterdir()}
    assert {copied.file for copied in before.stores.values()} < kept


def test_what_was_ended_or_printed_since_is_not_back_with_the_office(quick: Keeping) -> None:
    field = quick.field
    wave, _codes = answered(field, 3)
    asked = {"survey": wave.survey, "state": "granted", "reason": "x", "asked_by": "dee",
             "asked_at": "2026", "ends_at": "2999", "sealed": b"sealed-then"}  # fmt: skip
    rows = (
        ContactListRow.model_validate({**asked, "id": "list", "salt": b"s", "public_key": b"k"}),
        EscrowRequestRow.model_validate(
            {**asked, "id": "code", "wave": wave.id, "told": b"told-then"}
        ),
        HandedSlips.model_validate(
            {"id": "h", "wave": wave.id, "account_id": "mira-then", "slips": 9, "handed_on": "2026"}
        ),
    )
    field.stores.office.write_now(lambda tx: [tx.add(row) for row in rows])
    quick.backup()
    told = quick.restore(stores=["office"]).told
    assert any("ask for them again" in sentence for sentence in told)
    assert any("print new ones" in sentence for sentence in told)
    data = b"".join(map(bytes_of, (quick.folder / "stores").glob("office*")))
    for gone in (b"sealed-then", b"told-then", b"mira-then"):
        assert gone not in data
    held = (quick.folder / "backup" / "office.sqlite").read_bytes()
    assert b"mira-then" in held, "the backup has it: what is looked for can be found"
