"""The stored columns of a questionnaire as tabulation sees them, with ordered codes and words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from itertools import pairwise

from schemas.derivation import Banded, BelowThreshold, RatioBanded, TopCoded, Truncated
from schemas.questionnaire import Option, Question, QuestionKind, Variable, VariableCode
from schemas.texts import Texts
from survey_service.surveys.derivations import NO, YES, band_codes, item_names
from survey_service.surveys.quotes import in_brackets

YES_NO = (
    VariableCode(code=YES, text=Texts({"lv": "Jā", "ru": "Да", "en": "Yes"})),
    VariableCode(code=NO, text=Texts({"lv": "Nē", "ru": "Нет", "en": "No"})),
)


def variables_of(
    question: Question, options: tuple[Option, ...], languages: tuple[str, ...]
) -> Iterator[Variable]:
    """Every column that the question's answer fills; none if it is dropped."""
    if question.kind is QuestionKind.MULTI:
        for option in question.options:
            # "None of these" is told by the other columns: a table of it would only leak them.
            yield _variable(
                question,
                f"{question.id}.{option.code}",
                option.text,
                YES_NO,
                label=_joined(in_brackets(question.text), option.text, languages),
                releasable=question.releasable and not option.exclusive,
            )
        return
    parts: Mapping[str, Texts] = {f"{question.id}.{p.name}": p.text for p in question.parts}
    for name in item_names(question):
        codes = tuple(_codes(question, name, options, languages))
        if name in parts:
            label = _joined(in_brackets(question.title), parts[name], languages)
            yield _variable(question, name, parts[name], codes, label=label)
        elif isinstance(question.derive, (RatioBanded, BelowThreshold)):
            title = question.derive.title
            yield _variable(question, name, title, codes, label=title)
        else:
            title, label = in_brackets(question.title), in_brackets(question.text)
            yield _variable(question, name, title, codes, label=label)


def _variable(
    question: Question,
    name: str,
    title: Texts,
    codes: tuple[VariableCode, ...],
    *,
    label: Texts,
    releasable: bool | None = None,
) -> Variable:
    return Variable(
        name=name,
        question=question.id,
        title=title,
        label=label,
        codes=codes,
        privacy_role=question.privacy_role,
        gdpr_category=question.gdpr_category,
        purpose=question.purpose,
        hierarchy=question.generalise,
        release_level=question.release_level,
        releasable=question.releasable if releasable is None else releasable,
        indicators=question.indicators,
    )


def _joined(first: Texts, second: Texts, languages: tuple[str, ...]) -> Texts:
    both = [tag for tag in languages if tag in first.root and tag in second.root]
    return Texts({tag: f"{first.root[tag]} – {second.root[tag]}" for tag in both})


def _codes(
    question: Question, name: str, options: tuple[Option, ...], languages: tuple[str, ...]
) -> Iterator[VariableCode]:
    match question.derive:
        case Banded(cuts=cuts) if question.kind is QuestionKind.DECIMAL:
            # 16-17 holds 17.5 here, so it must not read as if it ended at 17.
            words = (*(f"{low} – <{above}" for low, above in pairwise(cuts)), f"{cuts[-1]}+")
            for code, said in zip(band_codes(cuts), words, strict=True):
                yield VariableCode(code=code, text=Texts(dict.fromkeys(languages, said)))
        case Banded(cuts=cuts):
            yield from _plain(band_codes(cuts), languages)
        case Truncated(to=to):
            yield from _times(question, to, languages)
        case TopCoded(at=at):
            least = next(
                (p.minimum for p in question.parts if name.endswith(f".{p.name}")),
                question.minimum or 0,
            )
            yield from _plain((*map(str, range(least, at)), f"{at}+"), languages)
        case RatioBanded(bands=bands):
            yield from (VariableCode(code=entry.code, text=entry.text) for entry in bands)
        case BelowThreshold():
            yield from YES_NO
        case _ if question.kind is QuestionKind.INTEGER:
            numbers = range(question.minimum or 0, (question.maximum or 0) + 1)
            yield from _plain(tuple(map(str, numbers)), languages)
        case _ if question.kind is QuestionKind.GROUP:
            part = next(p for p in question.parts if name.endswith(f".{p.name}"))
            numbers = range(part.minimum, part.maximum + 1)
            yield from _plain(tuple(map(str, numbers)), languages)
        case _:
            yield from (VariableCode(code=o.code, text=o.text) for o in options)


def _times(question: Question, to: str, languages: tuple[str, ...]) -> Iterator[VariableCode]:
    """Every year, or every month, that the date can lie in; without a first day there are none."""
    if question.earliest is None or not isinstance(question.latest, date):
        return
    for year in range(question.earliest.year, question.latest.year + 1):
        codes = [str(year)] if to == "year" else [f"{year}-{month:02}" for month in range(1, 13)]
        for code in codes:
            yield VariableCode(code=code, text=Texts(dict.fromkeys(languages, code)))


def _plain(codes: tuple[str, ...], languages: tuple[str, ...]) -> Iterator[VariableCode]:
    """Numbers and bands are written alike in every language, with a dash between."""
    for code in codes:
        words = code.replace("-", "–")
        yield VariableCode(code=code, text=Texts(dict.fromkeys(languages, words)))
