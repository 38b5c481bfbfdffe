"""Each part copies its own stores, settle first; a restore takes them together or not at all."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyotp
import pytest
from click.testing import CliRunner

from schemas.vocabulary import Role
from survey_service.backups.restoring import MARK, Restored, Restoring
from survey_service.cli import main
from survey_service.collection.code import Code
from survey_service.parts.whole import Whole, owners_urls
from survey_service.stores.errors import StoreRefused
from survey_service.stores.stores import Stores
from survey_service.surveys.waves import Wave
from tests.attacks.separation.test_parts import answer, fresh, open_wave
from tests.kit.parts import WiredParts
from tests.kit.roles import Databases, with_least_rights
from tests.kit.stores import SqliteTemplate

PASSWORD = "nine blue kettles on a wall"


@dataclass
class Site:
    """Parts, where they put their backups, and how root comes to all stores."""

    parts: WiredParts
    folder: Path
    urls: dict[str, str]

    def backup(self) -> None:
        """As the timer does: settle, then the office."""
        self.parts.settle.backups.make_now(self.folder / "settle")
        self.parts.office.backups.make_now(self.folder / "office")
        self.parts.settle.backups.make_now(self.folder / "keys", ["keys"])

    def restore(self, *names: str, tombstones: Path | None = None) -> Restored:
        """As root does, with every store by its owner's address."""
        settings = self.parts.settle.settings
        stores = Stores.at(self.folder / "stores", self.urls)
        restoring = Restoring(self.folder, stores, self.parts.ring, self.parts.settle.clock)
        try:
            done = restoring.run([self.folder / name for name in names], (), tombstones)
            Whole(settings, stores, self.parts.ring).replay_tombstones()
        finally:
            stores.close()
        self.parts.stores.close()
        return done

    def lose(self, store: str) -> None:
        """Leave nothing in a store, as a new disk or a new database has it."""
        if store not in self.urls:
            getattr(self.parts.stores, store).close()
            (self.folder / "stores" / f"{store}.sqlite").unlink()
            return
        with psycopg.connect(self.urls[store], autocommit=True) as connection:
            tables = connection.execute(
                "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables "
                "WHERE schemaname = 'public' AND tablename <> 'migration'"
            ).fetchone()
            connection.execute(f"TRUNCATE {tables[0] if tables else ''}")

    def kind(self, code: Code) -> str:
        return asyncio.run(self.parts.front.rights.status(code)).kind


@pytest.fixture(scope="module")
def databases(request: pytest.FixtureRequest) -> Iterator[Databases]:
    with with_least_rights(request.getfixturevalue("postgres_template")) as made:
        yield made


@pytest.fixture
def quick(sqlite_template: SqliteTemplate, tmp_path: Path) -> Iterator[Site]:
    with sqlite_template.open(tmp_path / "stores") as stores:
        yield Site(WiredParts(stores, tmp_path), tmp_path, {})


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    if request.param == "sqlite":
        with request.getfixturevalue("sqlite_template").open(tmp_path / "stores") as stores:
            yield Site(WiredParts(stores, tmp_path), tmp_path, {})
        return
    databases: Databases = request.getfixturevalue("databases")
    with databases.opened(tmp_path / "stores") as (settle, front, office):
        parts = WiredParts(settle, tmp_path, apart=(front, office))
        yield Site(parts, tmp_path, databases.owner)


def answered(site: Site, count: int) -> tuple[Wave, list[Code]]:
    wave = open_wave(site.parts)
    codes = answer(site.parts, wave, count)
    site.parts.settle.watch.look()
    return wave, codes


def enrol(site: Site, password: str) -> None:
    """Sign in for the first time, with an own password and a second factor."""

    async def steps() -> None:
        sign_ins = site.parts.office.accounts.sign_ins
        step = await sign_ins.password("mara", password, None)
        _, secret = await sign_ins.enrolment(step.secret)
        await sign_ins.enrol(step.secret, PASSWORD, PASSWORD, pyotp.TOTP(secret).now())

    asyncio.run(steps())


def test_what_each_part_copied_is_a_whole_installation_again(site: Site) -> None:
    parts = site.parts
    one_time = parts.office.accounts.create_now("mara", Role.MEDIATOR).password
    wave, codes = answered(site, 24)
    site.backup()
    assert {p.name for p in (site.folder / "settle").iterdir()} == {
        *("vault.sqlite", "answers.sqlite", "tombstones", "manifest.note")
    }
    assert {p.name for p in (site.folder / "office").iterdir()} == {
        *("office.sqlite", "audit.sqlite", "manifest.note")
    }
    gone, waiting = codes[3], answer(parts, wave, 1)[0]
    asyncio.run(parts.front.rights.erase(gone))
    for store in ("vault", "answers", "keys", "office", "audit"):
        site.lose(store)

    done = site.restore("settle", "office", "keys")

    assert set(done.stores) == {"vault", "answers", "keys", "office", "audit"}
    assert not (site.folder / MARK).exists()
    assert done.rows_taken_out == 2
    fresh(parts)
    parts.settle.watch.look()
    kinds = [site.kind(code) for code in (gone, waiting, codes[0], codes[23])]
    assert kinds == ["nothing", "nothing", "settled", "settled"]
    assert asyncio.run(parts.front.rights.copy(codes[7]))["surveys"][0]["answers"]
    assert parts.office.audit.verify_all_now().sound
    assert parts.office.surveys.wave_now(wave.id).state is wave.state
    enrol(site, one_time)
    again = answer(parts, wave, 25)[24]
    parts.settle.watch.look()
    assert site.kind(again) == "settled"


def test_what_does_not_fit_is_refused_and_nothing_is_put_back(quick: Site) -> None:
    _, codes = answered(quick, 20)
    settle, office = quick.parts.settle.backups, quick.parts.office.backups
    with pytest.raises(StoreRefused, match="Settle's backup comes first"):
        office.make_now(quick.folder / "office")
    office.make_now(quick.folder / "accounts", ["office"])
    quick.backup()
    settle.make_now(quick.folder / "settle")
    asyncio.run(quick.parts.front.rights.erase(codes[0]))
    for folders, words in (
        (("settle", "office"), "was not made after the one in"),
        (("settle", "accounts"), "was not made after the one in"),
        (("office", "accounts"), "Two of these backups hold office"),
    ):
        with pytest.raises(StoreRefused, match=words):
            quick.restore(*folders)
    office.make_now(quick.folder / "office")
    tombstones = quick.folder / "tombstones"
    shutil.move(tombstones, quick.folder / "elsewhere")
    with pytest.raises(StoreRefused, match="list of erasures is missing"):
        quick.restore("settle", "office")
    with pytest.raises(StoreRefused, match="list of erasures is missing"):
        quick.restore("office")
    assert not (quick.folder / MARK).exists()
    done = quick.restore("settle", "office", tombstones=quick.folder / "elsewhere")
    assert done.rows_taken_out == 2
    assert [quick.kind(code) for code in codes[:2]] == ["nothing", "settled"]


def test_no_part_copies_what_is_anothers(quick: Site, tmp_path: Path) -> None:
    target = tmp_path / "backup"
    with pytest.raises(StoreRefused, match=r"audit and office: not this part's.*--part office"):
        quick.parts.settle.backups.make_now(target, ["audit", "office"])
    for name in ("vault", "answers", "keys"):
        with pytest.raises(StoreRefused, match=r"not this part's.*--part settle"):
            quick.parts.office.backups.make_now(target, [name])
    assert not target.exists()


def test_a_backup_where_parts_are_separate_says_whose(tmp_path: Path) -> None:
    def said(*words: str) -> str:
        done = CliRunner().invoke(main, ["backup", "x", "--data-dir", str(tmp_path), *words])
        assert done.exit_code == 1
        return done.output

    assert "leave --part out" in said("--part", "office")
    (tmp_path / "run").mkdir()
    assert "--part settle, then --part office" in said()
    assert "--part settle, then --part office" in said("--store", "vault", "--store", "audit")


def test_each_store_is_restored_by_the_address_of_its_owner(tmp_path: Path) -> None:
    (tmp_path / "environment-settle").write_text(
        "# root's\nEQUALITY_VAULT_URL=postgresql://equality_vault:a@/v?host=/run&port=1\n"
        "EQUALITY_OFFICE_URL=postgresql://equality_office_settle:b@/o\n"
    )
    (tmp_path / "environment-office").write_text(
        '\n; and\nEQUALITY_OFFICE_URL="postgresql://equality_office:c=@/o"\n'
        "EQUALITY_ANSWERS_URL=postgresql://equality_answers_office:d@/a\n"
    )
    assert owners_urls(tmp_path) == {
        "vault": "postgresql://equality_vault:a@/v?host=/run&port=1",
        "office": "postgresql://equality_office:c=@/o",
    }
    assert owners_urls(tmp_path / "nowhere") == {}
