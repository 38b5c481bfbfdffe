"""Synthetic respondents: what they would post, question by question, along the real routing.

Where somebody lives is drawn from the public register of Roma by municipality. Everything else
comes from the plain weights below, which were chosen so that every page and every rule has
something to work on. They claim nothing about real people; see
`docs/explanation/synthetic-respondents.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from schemas.consent import Contact
from schemas.questionnaire import Question, QuestionKind
from schemas.response import AnswerDict
from survey_service.surveys.core import Core, load

Fields = dict[str, list[str]]

LANGUAGES = {"lv": 60, "ru": 25, "rom": 10, "en": 5}
GRANTED = {"ethnic_health": 0.92, "research_reuse": 0.75, "contact": 0.30}
ASSISTED = 0.4
REFUSED, DONT_KNOW, MISSING = 0.02, 0.015, 0.01
CHOSEN = 0.3
"""How likely each option of a question with several answers is, where nothing else is said."""
NONE_CHOSEN = 0.25
"""How often "none of these" is the whole answer."""

WEIGHTS: Mapping[str, Mapping[str, int]] = {
    "B2": {"1": 45, "2": 35, "3": 20},
    "B4": {"1": 51, "2": 48, "3": 1},
    "B8": {"1": 90, "2": 8, "3": 2},
    "C1": {"0": 6, "1": 14, "2": 40, "3": 28, "4": 5, "5": 3, "6": 3, "7": 1},
    "C2": {"1": 20, "2": 80},
    "D1": {"1": 30, "2": 8, "3": 18, "4": 10, "5": 12, "6": 14, "7": 8},
    "E4": {"1": 90, "2": 10},
    "F1": {"1": 35, "2": 25, "3": 25, "4": 10, "5": 5},
}
"""Weights of codes; a question that is not here gives each of its codes the same."""
LIKELY: Mapping[str, Mapping[str, float]] = {
    "B5": {"rom": 0.95, "lv": 0.15, "ru": 0.08, "other": 0.04, "none": 0.0},
    "B7": {"lav": 0.6, "rom": 0.5, "rus": 0.5, "ltg": 0.1, "other": 0.03},
    "F3": {"water": 0.85, "toilet": 0.8, "bath": 0.8, "power": 0.97, "none": 0.01},
}
"""How likely each option of a question with several answers is; 0 for those not named."""
AGES = ((16, 24, 22), (25, 44, 38), (45, 64, 28), (65, 90, 12))
PEOPLE = {"1": 14, "2": 20, "3": 20, "4": 18, "5": 12, "6": 8, "7": 4, "8": 2, "10": 2}
OWN_WORDS = ("Kaale", "Sinti", "Lotfitka Roma")
_RETRIES = 20


@dataclass(frozen=True, slots=True)
class SyntheticRespondent:
    """One made-up person: decisions, and the fields posted for every question of the route."""

    number: int
    language: str
    assisted: bool
    decisions: dict[str, bool]
    contact: Contact | None
    posted: dict[str, Fields]


def synthetic_respondents(
    n: int, seed: int, *, core: Core | None = None
) -> Iterator[SyntheticRespondent]:
    """`n` respondents; the same seed gives the same ones, and each depends on its number alone."""
    data = core or load()
    for number in range(1, n + 1):
        yield _Person(data, Random(f"{seed}:{number}"), number).answer_all()  # noqa: S311


class _Person:
    """One person on the way through the form."""

    def __init__(self, core: Core, random: Random, number: int) -> None:
        self.core = core
        self.random = random
        self.number = number
        self.answers: dict[str, AnswerDict] = {}

    def answer_all(self) -> SyntheticRespondent:
        """Decide, then answer whatever is asked next until nothing is."""
        random, form = self.random, self.core.form
        decisions = {"participation": True}
        decisions |= {purpose: random.random() < rate for purpose, rate in GRANTED.items()}
        language, assisted = self.pick(LANGUAGES), random.random() < ASSISTED
        purposes = frozenset(purpose for purpose, granted in decisions.items() if granted)
        posted: dict[str, Fields] = {}
        qid = form.following(None, self.answers, purposes)
        while qid is not None:
            fields = self.fields(form.by_id[qid], assisted)
            posted[qid] = fields
            self.answers[qid] = form.read(qid, fields, self.answers)
            qid = form.following(qid, self.answers, purposes)
        contact = None
        if decisions["contact"]:
            contact = Contact(email=f"synthetic-{self.number}@example.org")
        return SyntheticRespondent(self.number, language, assisted, decisions, contact, posted)

    def pick(self, weights: Mapping[str, float]) -> str:
        return self.random.choices(list(weights), list(weights.values()))[0]

    def fields(self, question: Question, assisted: bool) -> Fields:
        """What the person posts for the question; now and then a refusal or nothing."""
        if question.filled_by == "assistance":
            return {"value": ["yes" if assisted else "no"]}
        luck = self.random.random()
        for rate, fields in (
            (REFUSED, {"state": ["refused"]}),
            (DONT_KNOW, {"state": ["dont_know"]}),
            (MISSING, {}),
        ):
            if luck < rate:
                return fields
            luck -= rate
        if question.kind is QuestionKind.GROUP:
            return self.group(question)
        return {"value": self.values(question)}

    def values(self, question: Question) -> list[str]:
        if question.id == "B1":
            weights = {row.code: row.roma for row in self.core.register}
            return [self.pick(weights)]
        if question.kind is QuestionKind.TEXT:
            return [self.random.choice(OWN_WORDS)]
        if question.kind is QuestionKind.INTEGER:
            return [str(self.number_for(question))]
        codes = [option.code for option in self.core.form.options_for(question.id, self.answers)]
        if question.kind is QuestionKind.MULTI:
            return self.several(question, codes)
        return [self.pick(WEIGHTS.get(question.id, dict.fromkeys(codes, 1)))]

    def several(self, question: Question, codes: list[str]) -> list[str]:
        exclusive = {option.code for option in question.options if option.exclusive}
        likely = LIKELY.get(question.id)
        if likely is None:
            likely = dict.fromkeys(codes, CHOSEN)
            alone = NONE_CHOSEN
        else:
            alone = sum(likely.get(code, 0.0) for code in exclusive)
        if exclusive and self.random.random() < alone:
            return sorted(exclusive)[:1]
        open_codes = [code for code in codes if code not in exclusive]
        for _ in range(_RETRIES):
            chosen = [code for code in open_codes if self.random.random() < likely.get(code, 0.0)]
            if chosen:
                return chosen[: question.max_choices]
        return open_codes[:1]

    def number_for(self, question: Question) -> int:
        random = self.random
        if question.id == "B3":
            low, high, _ = random.choices(AGES, [weight for *_, weight in AGES])[0]
            return random.randint(low, high)
        if question.id == "B9":
            return int(self.pick(PEOPLE))
        if question.id == "F2":
            return random.randint(1, 5)
        others = self.known("B9") - 1
        if question.id == "B11":
            return random.randint(min(self.known("B10"), others), others)
        return random.randint(0, others // 2)

    def group(self, question: Question) -> Fields:
        """Some of the household's children, and some of those attending."""
        children = self.random.randint(0, min(3, self.known("B11")))
        attending = self.random.randint(children // 2, children)
        numbers = (children, attending)
        pairs = zip(question.parts, numbers, strict=True)
        return {part.name: [str(number)] for part, number in pairs}

    def known(self, qid: str) -> int:
        """The number given there, or the least it can be where none was given."""
        answer = self.answers.get(qid)
        value = answer["value"] if answer else None
        if isinstance(value, int):
            return value
        return 2 if qid == "B9" else 0
