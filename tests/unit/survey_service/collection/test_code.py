"""The respondent's code: what it forgives, what it catches, what it opens."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_service.collection.code import ALPHABET, LENGTH, RANDOM, Code, CodeMistyped

CODES = st.builds(Code.new)


def test_a_code_has_115_random_bits_in_five_groups_of_five() -> None:
    assert math.log2(len(ALPHABET)) * RANDOM == 115
    assert [len(group) for group in Code.new().text.split("-")] == [5] * 5


@given(CODES)
def test_case_spaces_dashes_and_look_alikes_are_forgiven(code: Code) -> None:
    typed = code.text.lower().replace("0", "o").replace("1", "l").replace("-", " – ")
    assert Code.read(f"  {typed}\n") == code
    assert Code.read(code.symbols.replace("1", "I")) == code


def test_one_wrong_symbol_is_located_in_its_group() -> None:
    code = Code.new()
    for place, symbol in itertools.product(range(LENGTH), ALPHABET):
        if symbol != code.symbols[place]:
            wrong = code.symbols[:place] + symbol + code.symbols[place + 1 :]
            with pytest.raises(CodeMistyped) as caught:
                Code.read(wrong)
            assert caught.value.groups == (place // 5 + 1,)


@given(CODES, st.integers(0, LENGTH - 1), st.integers(0, LENGTH - 1))
def test_every_swap_is_caught(code: Code, left: int, right: int) -> None:
    symbols = list(code.symbols)
    symbols[left], symbols[right] = symbols[right], symbols[left]
    if "".join(symbols) != code.symbols:
        with pytest.raises(CodeMistyped):
            Code.read("".join(symbols))


@pytest.mark.parametrize("text", ["", "ABC", "0" * 24, "0" * 26, "U" * 25, "💥" * 25, "=1+1"])
def test_what_is_no_code_is_refused_without_a_look_up(text: str) -> None:
    with pytest.raises(CodeMistyped):
        Code.read(text)


def test_a_foreign_symbol_names_its_group() -> None:
    code = Code.new()
    with pytest.raises(CodeMistyped) as caught:
        Code.read(code.symbols[:12] + "U" + code.symbols[13:])
    assert caught.value.groups == (3,)


@given(CODES, st.integers(0, LENGTH - 2))
def test_two_neighbours_that_changed_places_are_looked_for_where_they_are(
    code: Code, at: int
) -> None:
    symbols = list(code.symbols)
    symbols[at], symbols[at + 1] = symbols[at + 1], symbols[at]
    if symbols[at] != symbols[at + 1]:
        with pytest.raises(CodeMistyped) as caught:
            Code.read("".join(symbols))
        assert not caught.value.groups or at // 5 + 1 in caught.value.groups


def test_most_swaps_name_one_group_or_two() -> None:
    named = 0
    rolls = random.Random(5)
    for _ in range(500):
        symbols, at = list(Code.new().symbols), rolls.randrange(LENGTH - 1)
        symbols[at], symbols[at + 1] = symbols[at + 1], symbols[at]
        try:
            Code.read("".join(symbols))
            named += 1  # Twice the same symbol: nothing was swapped.
        except CodeMistyped as caught:
            named += bool(caught.groups)
    assert named > 300


@pytest.mark.parametrize(("before", "after"), [("5", ""), ("5", "55")])
def test_a_lost_or_doubled_symbol_names_its_group_where_groups_stand_apart(
    before: str, after: str
) -> None:
    groups = Code.new().text.split("-")
    groups[3] = (before + groups[3][1:]).replace(before, after, 1)
    with pytest.raises(CodeMistyped) as caught:
        Code.read(" ".join(groups))
    assert caught.value.groups == (4,)


@given(CODES)
def test_other_alphabets_wide_letters_and_quotes_are_forgiven(code: Code) -> None:
    cyrillic = code.text.translate(str.maketrans("ABEKMHPCTX0", "АВЕКМНРСТХО"))
    assert Code.read(cyrillic) == code
    assert Code.read(cyrillic.lower()) == code
    assert Code.read("".join(chr(ord(s) + 0xFEE0) for s in code.symbols)) == code
    assert Code.read(f"„{code.text}“\u200b") == code
    assert Code.read(f'"{code.text.replace("-", "_")}".') == code


def test_tags_and_keys_are_independent_of_each_other_and_of_other_surveys() -> None:
    code = Code.new()
    names = ("draft_tag", "draft_key", "inbox_tag", "inbox_key", "consent_tag", "consent_key")
    names += ("response_tag", "response_key", "receipt_salt")
    here, there = code.under(b"salt of one survey"), code.under(b"salt of another")
    values = [getattr(keys, name) for keys in (here, there) for name in names]
    assert len(set(values)) == len(values)
    assert code.under(b"salt of one survey").draft_tag == here.draft_tag


def test_a_code_never_prints_itself() -> None:
    code = Code.new()
    assert code.symbols not in repr(code)
    assert code.symbols not in f"{code}"
