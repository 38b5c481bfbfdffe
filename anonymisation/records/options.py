"""Words of the command line as roles, hierarchies and models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd

from anonymisation.hierarchy import Hierarchy
from anonymisation.records.errors import BadRecords
from anonymisation.records.hierarchies import DateParts, Intervals, Prefixes
from anonymisation.records.models import (
    DistinctDiversity,
    EntropyDiversity,
    KAnonymity,
    KMap,
    MaximumShare,
    Model,
    RecursiveDiversity,
    TCloseness,
)
from anonymisation.records.roles import AnyHierarchy, QuasiIdentifier, Roles, Sensitive, Unit

MODELS = (
    "k:K:KEY+KEY, distinct:COLUMN:L, entropy:COLUMN:L, recursive:COLUMN:C:L, share:COLUMN:SHARE,"
    " closeness:COLUMN:T[:ordered|hierarchical] or kmap:FILE.csv:K[:COUNT]"
)


def roles_of(
    keys: Iterable[str],
    sensitive: Iterable[str],
    others: dict[str, Iterable[str]],
    unit: Unit,
) -> Roles:
    """Roles from words. A key is NAME, NAME=FILE.csv, NAME=intervals:5,10, NAME=prefixes:3,2 or
    NAME=dates:month,year, its weight after "@"; a sensitive column is NAME or NAME=ordered, or
    NAME=FILE.csv for the hierarchy of a hierarchical distance.

    Raises:
        BadRecords: a word cannot be read, or a column is named twice.
        BadHierarchy: a hierarchy is none.
    """
    columns: dict[str, QuasiIdentifier | Sensitive | str] = {}

    def add(name: str, role: QuasiIdentifier | Sensitive | str) -> None:
        if name in columns:
            raise BadRecords(f"{name!r} has two roles.", remedy="Name each column once.")
        columns[name] = role

    for words in keys:
        name, _, rest = words.partition("=")
        rest, _, weight = rest.partition("@") if rest else (rest, "", "")
        if not rest and "@" in name:
            name, _, weight = name.partition("@")
        add(name, QuasiIdentifier(_hierarchy(name, rest), _number(weight or "1", words)))
    for words in sensitive:
        name, _, rest = words.partition("=")
        made = None if rest in ("", "ordered") else _hierarchy(name, rest)
        add(name, Sensitive(ordered=rest == "ordered", hierarchy=made))
    for role, names in others.items():
        for name in names:
            add(name, role)
    return Roles(columns, unit=unit)


def models_of(words: Iterable[str]) -> list[Model]:
    """Models from words such as "closeness:income:0.2:ordered".

    Raises:
        BadRecords: a word cannot be read.
    """
    return [_model(word) for word in words]


def _model(word: str) -> Model:
    name, *parts = word.split(":")
    makers: dict[str, tuple[Callable[..., Model], range]] = {
        "k": (lambda k, keys: KAnonymity(_whole(k, word), tuple(keys.split("+"))), range(2, 3)),
        "distinct": (lambda c, n: DistinctDiversity(c, _whole(n, word)), range(2, 3)),
        "entropy": (lambda c, n: EntropyDiversity(c, _number(n, word)), range(2, 3)),
        "recursive": (
            lambda c, x, n: RecursiveDiversity(c, _number(x, word), _whole(n, word)),
            range(3, 4),
        ),
        "share": (lambda c, x: MaximumShare(c, _number(x, word)), range(2, 3)),
        "closeness": (
            lambda c, t, d="equal": TCloseness(c, _number(t, word), d),
            range(2, 4),
        ),
        "kmap": (
            lambda file, k, count=None: KMap(read(Path(file)), _whole(k, word), count),
            range(2, 4),
        ),
    }
    if name not in makers or len(parts) not in makers[name][1]:
        raise BadRecords(f"{word!r} is no model.", remedy=f"Write {MODELS}.")
    return makers[name][0](*parts)


def read(path: Path, separator: str | None = None) -> pd.DataFrame:
    """A CSV file, every column text but those that hold whole numbers or decimals throughout.

    The separator is a comma, unless the first line has more semicolons or tabs.

    Raises:
        BadRecords: the file is no UTF-8 or no CSV, or names a column twice.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            first = file.readline()
        sep = separator or max(",;\t", key=first.count)
        heads = pd.read_csv(path, sep=sep, header=None, nrows=1, dtype=str, encoding="utf-8-sig")
        names = heads.iloc[0].astype(str)
        if names.duplicated().any():
            twice = ", ".join(sorted(set(names[names.duplicated()])))
            raise BadRecords(f"Columns stand twice: {twice}.", remedy="Rename them.")
        return pd.read_csv(path, sep=sep, encoding="utf-8-sig", keep_default_na=False,
                           na_values=[""], low_memory=False)  # fmt: skip
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise BadRecords(
            f"{path.name} cannot be read: {error}.", remedy="Save it as CSV in UTF-8."
        ) from error


def _hierarchy(name: str, words: str) -> AnyHierarchy:
    kind, _, rest = words.partition(":")
    parts = rest.split(",")
    if not words:
        return None
    if kind == "intervals":
        return Intervals(*(_number(part, words) for part in parts))
    if kind == "prefixes":
        return Prefixes(*(_whole(part, words) for part in parts))
    if kind == "dates":
        return DateParts(*parts)
    return Hierarchy.read_csv(Path(words), name)


def _whole(part: str, word: str) -> int:
    try:
        return int(part)
    except ValueError as error:
        raise BadRecords(f"{part!r} in {word!r} is no whole number.") from error


def _number(part: str, word: str) -> float:
    try:
        return float(part)
    except ValueError as error:
        raise BadRecords(f"{part!r} in {word!r} is no number.") from error
