"""A thief where two officers may find a code: what the server's keys, one officer's, both give."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from survey_service.collection.code import Code
from survey_service.consent.lost_codes import Cell
from survey_service.escrow.sealing import context
from survey_service.stores.envelopes import open_part, unseal
from survey_service.stores.errors import EnvelopeBroken
from survey_service.stores.keyring import NAMES
from survey_service.stores.store import Store
from survey_service.stores.stores import Stores
from survey_service.stores.transactions import Tx
from survey_service.surveys.waves import Wave
from tests.kit.escrow import EscrowSite, run
from tests.kit.field import SLUG, Field, people
from tests.kit.keeping import Keeping
from tests.kit.scan import bytes_of, first_places

Files = Callable[[Store], list[Path]]
PEOPLE = 24
SIZE = text("SELECT pg_relation_size('consent')")
WRITERS = text("SELECT DISTINCT xmin::text FROM consent")
YES = {
    place: (f"Anna Ozola{'aeiou'[place % 5]}", f"2000 00{place:02}") for place in range(0, 24, 3)
}


@pytest.fixture
def site(stores: Stores, tmp_path: Path) -> EscrowSite:
    return EscrowSite(Field(stores, tmp_path))


def settled(site: EscrowSite) -> tuple[Wave, list[Code]]:
    """A closed wave in which every third person wants a lost code to be found."""
    wave = site.open_wave()
    codes = site.answer(wave, people(PEOPLE), YES)
    site.field.close_wave(wave)
    return wave, codes


def cells(site: EscrowSite) -> list[Cell]:
    """Every cell of the vault, opened with the office's keys to its rows as a thief would."""
    rows = site.field.stores.vault.read_now(
        lambda tx: tx.all(text("SELECT tag, escrow FROM consent"))
    )
    keys = site.field.consents._row_keys.read_all(bytes(tag) for tag, _ in rows)
    return [
        Cell.read(unseal(keys[bytes(tag)], bytes(sealed), bytes(tag) + b"escrow"))
        for tag, sealed in rows
    ]


def held_by_the_server(site: EscrowSite) -> Iterator[bytes]:
    """Every secret of the ring, every private key of settle, every key to a row."""
    field = site.field
    yield from (field.keyring.secret(name) for name in NAMES)
    yield site.search._private
    generations = field.stores.inbox.read_now(lambda tx: tx.all(text("SELECT id FROM generation")))
    for (generation,) in generations:
        yield from field.inbox.private_now(generation)
    yield from field.consents._row_keys.read_all(field.consents.tags_of(SLUG)).values()


def peeled(site: EscrowSite, wave: Wave, private: bytes, sealed: bytes, layer: str) -> bytes | None:
    """What a key makes of a layer; None where it opens nothing."""
    try:
        return open_part(private, sealed, context(wave.survey, wave.id, site.officers.keys, layer))
    except EnvelopeBroken:
        return None


def test_every_server_key_and_one_officers_open_no_code_and_do_not_tell_who_wanted_it(
    site: EscrowSite, stores: Stores, store_files: Files
) -> None:
    wave, codes = settled(site)
    kept = cells(site)
    assert len(kept) == PEOPLE
    server = list(held_by_the_server(site))
    for held in ([*server, site.officers.second], [*server, site.officers.first]):
        for key in held:
            for cell in kept:
                inner = peeled(site, wave, key, cell.sealed, "outer")
                assert (inner is not None) == (key == site.officers.first)
                assert all(peeled(site, wave, other, inner or cell.sealed, "inner") is None
                           for other in held[-1:])  # fmt: skip
    looks = {(tuple(map(len, cell)), cell.opened_on) for cell in kept}
    assert len(looks) == 1, "a yes and a no look alike, opened with every key of the server"
    assert len({len(peeled(site, wave, site.officers.first, c.sealed, "outer") or b"")
                for c in kept}) == 1  # fmt: skip
    vault = b"".join(bytes_of(path) for path in store_files(stores.vault))
    sought = [code.symbols.encode() for code in codes]
    assert not first_places(vault, [*sought, site.officers.first, site.officers.second])


def test_both_officers_keys_and_every_file_join_those_who_said_yes_and_nobody_else(
    site: EscrowSite,
) -> None:
    """What the threat table says plainly: this is what the choice of escrow costs."""
    wave, codes = settled(site)
    joined = set()
    for cell in cells(site):
        inner = peeled(site, wave, site.officers.first, cell.sealed, "outer")
        plain = peeled(site, wave, site.officers.second, inner or b"", "inner")
        symbols = (plain or b"").rstrip(b"\0").decode("ascii")
        if symbols:
            joined.add(symbols)
    assert joined == {codes[place].symbols for place in YES}
    for symbols in joined:
        keys = site.field.collection.keys(SLUG, Code(symbols))
        assert site.field.answers.sealed(site.field.answers.stored_tag(keys.response_tag))


def test_a_search_changes_every_row_alike_whether_it_finds_anybody(
    site: EscrowSite, stores: Stores
) -> None:
    wave, _ = settled(site)
    every = text("SELECT tag, record, contact, escrow FROM consent")
    sealed = text("SELECT length(sealed) FROM escrow_request")

    def size(tx: Tx) -> int:
        found = tx.one(SIZE) if tx.dialect == "postgresql" else None
        return 0 if found is None else int(found[0])

    def vault() -> dict[bytes, tuple[bytes, ...]]:
        rows = stores.vault.read_now(lambda tx: tx.all(every))
        return {bytes(row[0]): tuple(bytes(part) for part in row[1:]) for row in rows}

    answers = stores.answers.read_now(lambda tx: tx.all(text("SELECT tag, body FROM answer")))
    for said in (YES[3], ("Nobody Atall", "29999999")):
        before, octets = vault(), stores.vault.read_now(size)
        assert len(site.found(wave, *said)) == (said == YES[3])
        after = vault()
        assert after.keys() == before.keys()
        for tag, parts in after.items():
            assert all(new != old for new, old in zip(parts, before[tag], strict=True))
            assert [len(part) for part in parts] == [len(part) for part in before[tag]]
        if stores.vault.dialect == "postgresql":
            assert len(stores.vault.read_now(lambda tx: tx.all(WRITERS))) == 1
            # Otherwise the table would hold every row twice: how it is, and how it was before.
            assert stores.vault.read_now(size) == octets, "nothing is left of what was there before"
    assert len(set(stores.office.read_now(lambda tx: tx.all(sealed)))) == 1
    same = stores.answers.read_now(lambda tx: tx.all(text("SELECT tag, body FROM answer")))
    assert sorted(map(repr, same)) == sorted(map(repr, answers)), "nothing moves beside it"


@pytest.mark.parametrize("order", [("backup", "keys-elsewhere"), ("keys-elsewhere", "backup")])
def test_a_yes_taken_back_since_is_not_back_with_the_vault(
    stores: Stores, tmp_path: Path, order: tuple[str, str]
) -> None:
    keeping = Keeping(stores, tmp_path)
    site = EscrowSite(keeping.field)
    wave, codes = settled(site)
    keeping.backup()
    keeping.backup("keys-elsewhere", ["keys"])
    run(keeping.field.rights.withdraw(codes[3], "escrow"))
    keeping.field.hand_over.note(wave)
    # The keys are lost as well, so that the vault is put back before what opens it, or after.
    stores.keys.write_now(lambda tx: tx.run(text("DELETE FROM row_key")))
    for name in order:
        keeping.restore(name)
    assert site.found(wave, *YES[3]) == []
    assert site.found(wave, *YES[6]) == [codes[6].symbols], "who did not take it back is found"
    inner = [peeled(site, wave, site.officers.first, cell.sealed, "outer") for cell in cells(site)]
    assert sum(one is not None for one in inner) == PEOPLE - 1, "of him random bytes are left"
