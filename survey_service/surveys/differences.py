"""What changed from one version of a questionnaire to the next, field by field.

Both versions are walked through as data, so that a field added to the model later is compared
too. Words are compared language by language, choices code by code.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from schemas.canonical import canonical_json
from schemas.questionnaire import Questionnaire
from schemas.texts import Texts
from survey_service.surveys.xlsform.writing import write_condition

_NAMED = frozenset({"questions", "sections", "remarks", "repeats"})
"""Fields that hold things with an id of their own."""
_CONDITIONS = frozenset({"relevant", "constraint"})
"""Fields that are told whole, as a spreadsheet writes them."""


class Kind(StrEnum):
    """What happened to a thing."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: of which question (or section, remark, the whole), in which field.

    `field` is the path within it, such as "text (lv)" or "options.3.text (ru)"; `before` and
    `after` are what stood and stands there, None where nothing did.
    """

    kind: Kind
    of: str
    field: str = ""
    before: str | None = None
    after: str | None = None


def differences(
    old: Questionnaire,
    new: Questionnaire,
    lists: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}),
) -> tuple[Change, ...]:
    """Every change; nothing for equal ones. `lists` are the digests of the code lists of each.

    Cost grows with the fields of both, and with the square of the questions in the worst case.
    """
    found: list[Change] = []
    for name in Questionnaire.model_fields:
        before, after = getattr(old, name), getattr(new, name)
        if name in _NAMED:
            found += _compared(before, after, named=name == "questions")
        else:
            found += _fields("", name, before, after)
    found += _fields("", "code_lists", dict(lists[0]), dict(lists[1]))
    return tuple(found)


def _compared(old: Sequence[Any], new: Sequence[Any], *, named: bool) -> Iterator[Change]:
    """The changes of things that have an id."""
    before, after = {one.id: one for one in old}, {one.id: one for one in new}
    moved = set(_moved([i for i in before if i in after], [i for i in after if i in before]))
    for name in [*(i for i in before if i not in after), *after]:
        if name not in after:
            yield Change(Kind.REMOVED, name, before=_title(before[name]))
        elif name not in before:
            yield Change(Kind.ADDED, name, after=_title(after[name]))
        else:
            if named and name in moved:
                yield Change(Kind.MOVED, name)
            yield from _fields(name, "", before[name], after[name])


def _title(one: Any) -> str:
    words: Texts = one.text if hasattr(one, "text") else one.title
    return next(iter(words.root.values()))


def _moved(old: list[str], new: list[str]) -> Iterator[str]:
    """Those that stand elsewhere, as few as explain the new order."""
    same = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    stayed = {name for block in same for name in old[block.a : block.a + block.size]}
    yield from (name for name in new if name not in stayed)


def _fields(of: str, path: str, old: Any, new: Any) -> Iterator[Change]:
    if old == new:
        return
    if path in _CONDITIONS:
        written = (write_condition(one, str) if one is not None else None for one in (old, new))
        yield Change(_kind(old, new), of, path, *written)
    elif isinstance(old, Texts) or isinstance(new, Texts):
        yield from _by_key(of, path, _root(old), _root(new), "{} ({})")
    elif isinstance(old, dict) and isinstance(new, dict):
        yield from _by_key(of, path, old, new, "{}.{}")
    elif isinstance(old, BaseModel) and type(old) is type(new):
        for name in type(old).model_fields:
            if name != "id":
                inner = f"{path}.{name}".strip(".")
                yield from _fields(of, inner, getattr(old, name), getattr(new, name))
    elif _keyed(old) and _keyed(new) and (old or new):
        yield from _by_key(of, path, _by_name(old), _by_name(new), "{}.{}")
        if list(_by_name(old)) != list(_by_name(new)) and set(_by_name(old)) == set(_by_name(new)):
            orders = (", ".join(_by_name(one)) for one in (old, new))
            yield Change(Kind.MOVED, of, path, *orders)
    else:
        yield Change(_kind(old, new), of, path, _plain(old), _plain(new))


def _by_key(
    of: str, path: str, old: Mapping[str, Any], new: Mapping[str, Any], form: str
) -> Iterator[Change]:
    for key in dict.fromkeys([*old, *new]):
        yield from _fields(of, form.format(path, key).strip("."), old.get(key), new.get(key))


def _kind(old: Any, new: Any) -> Kind:
    if old in (None, ()):
        return Kind.ADDED
    return Kind.REMOVED if new in (None, ()) else Kind.CHANGED


def _root(words: Any) -> dict[str, str]:
    return words.root if isinstance(words, Texts) else {}


def _keyed(value: Any) -> bool:
    """Whether it is a row of things that have a code or a name of their own."""
    return isinstance(value, tuple) and all(hasattr(x, "code") or hasattr(x, "name") for x in value)


def _by_name(value: Sequence[Any]) -> dict[str, Any]:
    return {one.code if hasattr(one, "code") else one.name: one for one in value}


def _plain(value: Any) -> str | None:
    if value in (None, ()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (str, int, float)):
        return str(value)
    if isinstance(value, tuple) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    if isinstance(value, BaseModel):
        if hasattr(value, "text") and isinstance(value.text, Texts):
            return next(iter(value.text.root.values()))
        return canonical_json(value).decode()
    return str(value)
