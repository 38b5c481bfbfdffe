"""The compact text of conditions, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from schemas.expression import (
    MAX_DEPTH,
    All,
    AnyOf,
    Comparison,
    Expression,
    HasAny,
    Includes,
    Not,
    OneOf,
    Reference,
)
from survey_service.surveys.expressions import ExpressionError, parse, write

ITEMS = st.builds(
    Reference,
    question=st.sampled_from(["B9", "C4", "D1"]),
    part=st.none() | st.just("attending"),
)
LITERALS = st.integers(-99, 99) | st.sampled_from(["a", "none", "LV0001000"])
LEAVES = st.one_of(
    st.builds(Comparison, item=ITEMS, operator=st.sampled_from(["==", "<", ">="]), value=LITERALS),
    st.builds(OneOf, item=ITEMS, values=st.lists(LITERALS, min_size=1, max_size=3).map(tuple)),
    st.builds(Includes, code=st.sampled_from(["a", "none"]), item=ITEMS),
    st.builds(HasAny, item=ITEMS),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, term=inner),
        st.builds(All, terms=st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, terms=st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(TREES)
def test_a_written_condition_parses_to_the_same_tree(tree: Expression) -> None:
    assert parse(write(tree)) == tree


@given(TREES)
def test_a_condition_survives_its_json(tree: Expression) -> None:
    adapter: TypeAdapter[Expression] = TypeAdapter(Expression)
    assert adapter.validate_json(adapter.dump_json(tree)) == tree


def test_and_binds_closer_than_or() -> None:
    assert parse("A > 1 or B > 1 and C > 1") == parse("A > 1 or (B > 1 and C > 1)")
    assert parse("not A > 1 and B > 1") == parse("(not A > 1) and B > 1")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("B9", 2),
        ("B9 >", 4),
        ("B9 > 1 B4", 7),
        ("B9 > B4", 5),
        ("D1 in []", 7),
        ("D1 in [1", 8),
        ("(B9 > 1", 7),
        ("B5 has", 6),
        ("'other' B5", 8),
        ("__import__('os')", 0),
        ("B9 > 1; B4 == 2", 6),
        ("B9 > 1.5", 5),
    ],
)
def test_what_is_no_condition_is_refused_at_its_place(text: str, position: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000 + "B9 > 1" + ")" * 5_000,
        "(" * (MAX_DEPTH + 1) + "B9 > 1" + ")" * (MAX_DEPTH + 1),
        "not " * (MAX_DEPTH + 1) + "B9 > 1",
        "B9 > 1 and " * 1_000 + "B9 > 1",
    ],
)
def test_depth_and_length_are_limited(text: str) -> None:
    with pytest.raises(ExpressionError):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parse(text)
    except ExpressionError:
        return
