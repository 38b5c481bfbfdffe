"""The next table of a wave by rounding, cell key or noise: the same again, and never beside what
would give it away."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from anonymisation import TableSpec, publish_next
from anonymisation.errors import Refused
from anonymisation.tables.methods import Publication
from schemas.methods import CellKey, Geometric, Method, Rounding, Suppression
from schemas.policy import Policy
from schemas.tables import Ledger, ReleasedTable

SECRET = bytes(range(32))
METHODS: dict[str, Method] = {
    "rounding": Rounding(base=5),
    "cell_key": CellKey(),
    "geometric": Geometric(epsilon="1", total="2"),
}


def people(left_out: int = 0) -> pd.DataFrame:
    """Three regions by two sexes, 13 to 48 people each; the first ones may have left."""
    rows = [
        (region, sex)
        for place, region in enumerate("abc")
        for number, sex in enumerate("fm")
        for _ in range(13 + 14 * place + 7 * number)
    ]
    frame = pd.DataFrame(rows, columns=["region", "sex"]).iloc[left_out:]
    kinds = {"region": pd.CategoricalDtype(list("abc")), "sex": pd.CategoricalDtype(list("fm"))}
    return frame.reset_index(drop=True).astype(kinds)


def made(
    method: Method,
    *variables: str,
    ledger: Ledger | None = None,
    freeze: str = "first",
    **more: Any,
) -> Publication:
    """The table of these variables by the method."""
    policy = Policy(threshold=5, group_minimum=0, flag_below=0, method=method)
    found = publish_next(
        more.pop("frame", people()), [TableSpec(variables)], policy,
        ledger=ledger or Ledger(), freeze=freeze, secret=more.pop("secret", SECRET),
    )  # fmt: skip
    assert isinstance(found, Publication)
    return found


def released(*found: tuple[str, Publication]) -> Ledger:
    """A ledger of these releases, each of its freeze."""
    return Ledger(
        releases=tuple(
            ReleasedTable(release=f"r{number}", table=one.tables[0], freeze=freeze)
            for number, (freeze, one) in enumerate(found)
        )
    )


@pytest.mark.parametrize("name", METHODS)
def test_the_same_request_on_the_same_freeze_is_answered_byte_for_byte_the_same(name: str) -> None:
    first = made(METHODS[name], "region", "sex")
    assert made(METHODS[name], "region", "sex").tables[0].canonical() == first.tables[0].canonical()
    other = made(METHODS[name], "region", "sex", secret=b"another secret of the wave itself")
    # The nearest additive rounding is the same whoever finds it; noise is the secret's.
    changed = other.tables[0].canonical() != first.tables[0].canonical()
    assert changed == (name != "rounding")


@pytest.mark.parametrize("name", METHODS)
def test_a_table_of_counts_is_refused_beside_numbers_it_would_give_away(name: str) -> None:
    before = released(("first", made(METHODS[name], "region")))
    policy = Policy(threshold=5, method=Suppression())
    again = {"ledger": before, "freeze": "first", "secret": SECRET}
    if name == "rounding":
        # Rounded numbers are facts like any others: what holds beside them may go.
        publish_next(people(), [TableSpec(["sex"])], policy, **again)  # type: ignore[arg-type]
        return
    with pytest.raises(Refused):
        publish_next(people(), [TableSpec(["sex"])], policy, **again)  # type: ignore[arg-type]


def test_noise_of_a_later_freeze_is_paid_from_the_same_budget() -> None:
    method = METHODS["geometric"]
    first = made(method, "region")
    second = made(method, "region", ledger=released(("first", first)), freeze="second")
    assert first.altered.origin != second.altered.origin
    ledger = released(("first", first), ("second", second))
    with pytest.raises(Refused, match="budget"):
        made(method, "sex", ledger=ledger, freeze="second")


def test_a_cell_key_is_refused_after_a_withdrawal() -> None:
    before = released(("first", made(METHODS["cell_key"], "region")))
    with pytest.raises(Refused, match="withdrawal"):
        made(METHODS["cell_key"], "sex", ledger=before, freeze="second", frame=people(1))


def test_rounded_numbers_of_a_later_freeze_are_refused() -> None:
    """Ranges of two freezes are not compared, and what is not settled is not safe."""
    before = released(("first", made(METHODS["rounding"], "region", "sex")))
    with pytest.raises(Refused):
        made(METHODS["rounding"], "sex", ledger=before, freeze="second", frame=people(1))
