"""From which age people decide alone, and what a parent is told where younger ones may take part.

Chosen before a wave opens, named in its notice, and locked from then on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from schemas.notice import (
    OLDEST_MINIMUM,
    PARENT_SENTENCES,
    PARENT_WORDS,
    Notice,
    ParentalPath,
)
from schemas.texts import Texts
from survey_service.problems import N_, FieldError

LOCKED_AGES = N_("The ages are locked since the wave was opened. Other ages need a new wave.")
TOLD = (
    N_("A young person wants to take part in this survey."),
    N_("He or she is too young to decide alone."),
    N_("So you decide first, and then the young person does."),
    N_("Taking part is a free choice, for both of you."),
    N_("You decide about each point below."),
    N_("The young person answers alone; you do not see the answers."),
    N_("We do not ask who you are."),
    N_("With the code, everything can be erased at any time."),
)
"""What a parent is told, unless a survey says it otherwise."""


class Ages(NamedTuple):
    """What a coordinator chooses; without `from_age` nobody takes part with a parent.

    `told` are the sentences for a parent, by language.
    """

    minimum: int
    from_age: int | None
    told: Mapping[str, Sequence[str]]

    def path(self, languages: Sequence[str]) -> ParentalPath | None:
        """The path as the notice holds it; nothing where there is none."""
        if self.from_age is None:
            return None
        count = len(self.told[languages[0]])
        short = tuple(Texts({tag: self.told[tag][at] for tag in languages}) for at in range(count))
        return ParentalPath(from_age=self.from_age, short=short)


def ages_of(notice: Notice) -> Ages:
    """What a notice says."""
    path = notice.parental
    if path is None:
        return Ages(notice.minimum_age, None, {})
    told = {tag: [sentence.text(tag) for sentence in path.short] for tag in notice.languages}
    return Ages(notice.minimum_age, path.from_age, told)


def locked_ages(notice: Notice) -> tuple[int, int | None]:
    """The part that people rely on once the wave is open; words may be mended."""
    return notice.minimum_age, notice.parental.from_age if notice.parental else None


def wrong_ages(ages: Ages, languages: Sequence[str]) -> Iterator[FieldError]:
    """What cannot be: ages out of their order, and sentences for a parent that say too much."""
    if not 1 <= ages.minimum <= OLDEST_MINIMUM:
        values = {"least": 1, "most": OLDEST_MINIMUM}
        yield FieldError(
            "minimum_age", N_("Write a number from %(least)s to %(most)s."), "", values
        )
    if ages.from_age is None:
        return
    if not 1 <= ages.from_age < ages.minimum:
        message = N_("Write an age below the one from which people decide alone, or nothing.")
        yield FieldError("from_age", message)
    count = len(ages.told.get(languages[0], ()))
    for tag in languages:
        sentences = ages.told.get(tag, ())
        if not 1 <= len(sentences) <= PARENT_SENTENCES or len(sentences) != count:
            message = N_("Write one to %(most)s sentences, as many in every language.")
            yield FieldError(f"parent-{tag}", message, "", {"most": PARENT_SENTENCES})
        longest = max((len(one.split()) for one in sentences), default=0)
        if longest > PARENT_WORDS:
            values = {"words": longest, "most": PARENT_WORDS}
            message = N_("A sentence has %(words)s words; %(most)s are the most.")
            yield FieldError(f"parent-{tag}", message, "", values)
