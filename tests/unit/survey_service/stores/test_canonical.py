"""One content, one form, whichever encoder wrote it."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from survey_service.stores.canonical import canonical, plainly_canonical

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
PLAIN = st.none() | st.booleans() | st.integers() | TEXTS


@given(st.recursive(PLAIN, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_the_quick_encoder_writes_byte_for_byte_what_the_other_writes(content: Any) -> None:
    assert plainly_canonical(content) == canonical(content)
