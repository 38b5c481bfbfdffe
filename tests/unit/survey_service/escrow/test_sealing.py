"""Two layers, two officers, two machines: what each opens, and what each is told otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas.escrow import OfficerKeys, fingerprint
from survey_service.cli import main
from survey_service.collection.code import Code
from survey_service.escrow.choosing import read_keys
from survey_service.escrow.officer_keys import OfficerKeyFile
from survey_service.escrow.sealing import (
    SEALED,
    SLOTS,
    SealedFile,
    codes_in,
    handed_out,
    noise,
    sealed_code,
    without_outer,
)
from survey_service.problems import InvalidInput
from survey_service.stores.errors import EnvelopeBroken
from tests.kit.escrow import Officers

PASSPHRASE = "nine herons under a slow cloud"
WHERE = ("survey", "wave")


@pytest.fixture
def officers() -> Officers:
    return Officers()


def request_for(officers: Officers, found: list[bytes]) -> SealedFile:
    return handed_out("request1", *WHERE, officers.keys, found)


def test_what_is_sealed_has_one_length_whatever_is_in_it(officers: Officers) -> None:
    code = Code.new().symbols
    for symbols in (code, None):
        assert len(sealed_code(*WHERE, officers.keys, symbols)) == SEALED == len(noise())
    with pytest.raises(ValueError, match="too long"):
        sealed_code(*WHERE, officers.keys, "A" * 33)


def test_both_officers_read_it_in_their_order_and_neither_alone(officers: Officers) -> None:
    code = Code.new().symbols
    file = request_for(officers, [sealed_code(*WHERE, officers.keys, code)])
    assert len(file.sealed) == SLOTS
    for private in (officers.first, officers.second):
        with pytest.raises(EnvelopeBroken):
            codes_in(private, file)
    with pytest.raises(EnvelopeBroken):
        without_outer(officers.second, file)
    inner = without_outer(officers.first, file)
    with pytest.raises(EnvelopeBroken):
        codes_in(officers.first, inner)
    assert codes_in(officers.second, inner) == [code]


def test_it_opens_for_no_other_wave_request_or_pair_of_keys(officers: Officers) -> None:
    file = request_for(officers, [sealed_code(*WHERE, officers.keys, Code.new().symbols)])
    other = Officers().keys
    for change in (
        {"wave": "another"},
        {"request": "another"},
        {"survey": "another"},
        {"keys": OfficerKeys(outer=officers.keys.outer, inner=other.inner)},
    ):
        with pytest.raises(EnvelopeBroken):
            without_outer(officers.first, file.model_copy(update=change))


def test_a_file_has_room_for_three_and_nothing_shows_how_many_are_in_it(
    officers: Officers,
) -> None:
    codes = [Code.new().symbols for _ in range(SLOTS + 1)]
    sealed = [sealed_code(*WHERE, officers.keys, code) for code in codes]
    for count in range(SLOTS + 2):
        file = request_for(officers, sealed[:count])
        assert len(file.sealed) == SLOTS
        assert {len(slot) for slot in file.sealed} == {len(request_for(officers, []).sealed[0])}
        found = codes_in(officers.second, without_outer(officers.first, file))
        assert sorted(found) == sorted(codes[: min(count, SLOTS)])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"outer": "00" * 32}, "outer"),
        ({"outer": "xy"}, "outer"),
        ({"outer_print": "0000"}, "outer_print"),
        ({"inner": "", "inner_print": ""}, "inner"),
    ],
)
def test_a_key_that_seals_nothing_or_was_mistyped_is_refused(
    officers: Officers, change: dict[str, str], field: str
) -> None:
    keys = officers.keys
    typed = {
        "outer": keys.outer.upper(),
        "outer_print": fingerprint(keys.outer),
        "inner": f" {keys.inner} ",
        "inner_print": fingerprint(keys.inner).replace(" ", ""),
    }
    assert read_keys(**typed) == keys
    with pytest.raises(InvalidInput) as wrong:
        read_keys(**{**typed, **change})
    assert [one.field for one in wrong.value.fields] == [field]
    twice = {"inner": keys.outer, "inner_print": fingerprint(keys.outer)}
    with pytest.raises(InvalidInput) as wrong:
        read_keys(**{**typed, **twice})
    assert [one.field for one in wrong.value.fields] == ["inner"]


# --- at the officers' machines ----------------------------------------------------------------


def command(*arguments: object, words: str = "") -> Result:
    return CliRunner().invoke(main, ["escrow", *map(str, arguments)], input=words)


def officer(path: Path, passphrase: str = PASSPHRASE) -> OfficerKeyFile:
    """Make an officer's key with the command."""
    made = command("keypair", "--output", path, words=f"{passphrase}\n{passphrase}\n")
    assert made.exit_code == 0, made.output
    held = OfficerKeyFile.model_validate_json(path.read_bytes())
    assert held.public in made.output
    assert held.fingerprint in made.output
    return held


def test_two_officers_on_two_machines_read_a_code(tmp_path: Path) -> None:
    one, two = officer(tmp_path / "one.key"), officer(tmp_path / "two.key")
    assert (tmp_path / "one.key").stat().st_mode & 0o777 == 0o600
    again = command("keypair", "--output", tmp_path / "one.key", words=f"{PASSPHRASE}\n" * 2)
    assert again.exit_code == 2, "a key is never overwritten"
    assert OfficerKeyFile.model_validate_json((tmp_path / "one.key").read_bytes()) == one
    keys = OfficerKeys(outer=one.public, inner=two.public)
    code = Code.new()
    file, half = tmp_path / "file.json", tmp_path / "half.json"
    sealed = [sealed_code(*WHERE, keys, code.symbols)]
    file.write_text(handed_out("request1", *WHERE, keys, sealed).model_dump_json())

    def open_with(which: str, what: Path, *more: object, words: str = PASSPHRASE) -> Result:
        key = tmp_path / f"{which}.key"
        return command("open", what, "--key", key, *more, words=f"{words}\n")

    too_early = open_with("two", file, "--output", half)
    assert (too_early.exit_code, half.exists()) == (1, False)
    assert "First the other one" in too_early.output
    wrong = open_with("one", file, "--output", half, words="another passphrase altogether")
    assert (wrong.exit_code, half.exists()) == (1, False)
    assert "another passphrase" in wrong.output
    officer(tmp_path / "third.key")
    stranger = open_with("third", file, "--output", half)
    assert stranger.exit_code == 1
    assert "neither officer" in stranger.output
    assert open_with("one", file).exit_code == 2, "the second officer's file needs a name"
    first = open_with("one", file, "--output", half)
    assert first.exit_code == 0, first.output
    assert two.fingerprint in first.output
    assert code.text not in first.output
    assert "already" in open_with("one", half).output
    second = open_with("two", half)
    assert second.exit_code == 0, second.output
    assert code.text in second.output

    changed = json.loads(half.read_text())
    changed["sealed"][0] = changed["sealed"][1]
    changed["wave"] = "another"
    half.write_text(json.dumps(changed))
    tampered = open_with("two", half)
    assert tampered.exit_code == 1
    assert "changed on its way" in tampered.output
    half.write_text("{}")
    assert open_with("two", half).exit_code == 2


def test_a_miss_is_told_as_one(tmp_path: Path) -> None:
    one, two = officer(tmp_path / "one.key"), officer(tmp_path / "two.key")
    keys = OfficerKeys(outer=one.public, inner=two.public)
    file, half = tmp_path / "file.json", tmp_path / "half.json"
    file.write_text(handed_out("request1", *WHERE, keys, []).model_dump_json())
    first = command("open", file, "--key", tmp_path / "one.key", "--output", half,
                    words=f"{PASSPHRASE}\n")  # fmt: skip
    second = command("open", half, "--key", tmp_path / "two.key", words=f"{PASSPHRASE}\n")
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "There is no code in it" in second.output


def test_a_weak_passphrase_makes_no_key(tmp_path: Path) -> None:
    made = command("keypair", "--output", tmp_path / "key", words="short\nshort\n")
    assert made.exit_code == 2
    assert not (tmp_path / "key").exists()
    assert "passphrase" in made.output
