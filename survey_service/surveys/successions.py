"""What became of the codes of a list: one version against another, one day against another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from schemas.codelist import Code, CodeList


@dataclass(frozen=True, slots=True)
class Succession:
    """A code that is no longer in use on a day, and the one that stands for it then."""

    code: Code
    successor: Code | None


def successions(made: CodeList, day: date) -> tuple[Succession, ...]:
    """The codes that ended before a day, each with its successor in use on that day, if any."""
    by_code = {code.code: code for code in made.codes}
    ended = (code for code in made.codes if code.valid_to is not None and code.valid_to < day)
    return tuple(
        Succession(code, by_code.get(made.today_for(code.code, day) or "")) for code in ended
    )


def carried(old: CodeList, new: CodeList, day: date) -> Mapping[str, str | None]:
    """For each code of an older version, the code of a newer one that stands for it on a day.

    None where nothing does: the newer list says no successor. With it, answers of waves with
    different versions can be counted by one list, without being changed.
    """
    return {code.code: new.today_for(code.code, day) for code in old.codes}


@dataclass(frozen=True, slots=True)
class ListChanges:
    """What a version brought: new codes, codes that ended, codes whose words changed."""

    new: tuple[Code, ...]
    ended: tuple[Code, ...]
    renamed: tuple[tuple[Code, Code], ...]


def list_changes(old: CodeList, new: CodeList) -> ListChanges:
    """What a newer version changed."""
    before = {code.code: code for code in old.codes}
    return ListChanges(
        new=tuple(code for code in new.codes if code.code not in before),
        ended=tuple(
            code
            for code in new.codes
            if code.code in before and code.valid_to and not before[code.code].valid_to
        ),
        renamed=tuple(
            (before[code.code], code)
            for code in new.codes
            if code.code in before and before[code.code].text != code.text
        ),
    )
