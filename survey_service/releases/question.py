"""From a request to the question behind it: checked against the codebook, and normalised."""

from __future__ import annotations

import re

from schemas.canonical import canonical_json, digest
from schemas.requests import MOST_VARIABLES, Filter, Layout, TableQuestion, TableRequest
from schemas.tables import Merge
from survey_service.problems import N_, FieldError, InvalidInput
from survey_service.releases.codebook import Codebook

MOST_FILTERS = 2
_MERGE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]{0,200}")


def normalised(asked: TableRequest, book: Codebook) -> tuple[TableQuestion, Layout]:
    """Return the question, equal for every way of asking it, and how it is to be laid out.

    Raises:
        InvalidInput: a variable or code that the wave does not offer, or too many of them; the
            fields are named.
    """
    errors = [
        *_unknown("rows", asked.rows, book),
        *_unknown("columns", asked.columns, book),
        *_too_many(asked),
        *_bad_filters(asked, book),
        *_bad_merges(asked, book),
    ]
    if errors:
        raise InvalidInput(errors)
    variables = sorted(asked.rows + asked.columns, key=book.place.__getitem__)
    filters = sorted(
        (_ordered(f, book) for f in asked.filters), key=lambda f: book.place[f.variable]
    )
    question = TableQuestion(
        survey=asked.survey,
        wave=asked.wave,
        variables=tuple(variables),
        filters=tuple(filters),
        states=asked.states,
        merge=tuple(sorted((_ordered_merge(m, book) for m in asked.merge), key=_merge_place)),
    )
    return question, Layout(rows=asked.rows, columns=asked.columns)


def question_text(question: TableQuestion) -> str:
    """Return the question as canonical text."""
    return canonical_json(question).decode()


def question_hash(question: TableQuestion) -> str:
    """Return the hash by which equal questions are found; it depends on nothing unreleased."""
    return digest(question)


def layout_of(question: TableQuestion) -> Layout:
    """Return the plain layout: the first variable down the side, the others across."""
    return Layout(rows=question.variables[:1], columns=question.variables[1:])


def _unknown(field: str, names: tuple[str, ...], book: Codebook) -> list[FieldError]:
    return [
        FieldError(
            field,
            N_("“%(name)s” is not a variable of this wave."),
            N_("Please choose a variable from the catalogue."),
            {"name": name},
        )
        for name in names
        if name not in book.by_name
    ]


def _too_many(asked: TableRequest) -> list[FieldError]:
    errors = []
    names = asked.rows + asked.columns
    if len(names) > MOST_VARIABLES:
        errors.append(
            FieldError(
                "columns",
                N_("A table has at most %(most)s variables in rows and columns together."),
                N_("Please leave one out."),
                {"most": MOST_VARIABLES},
            )
        )
    if len(set(names)) != len(names):
        errors.append(
            FieldError(
                "columns",
                N_("A variable stands twice."),
                N_("Please use each variable once, in rows or in columns."),
            )
        )
    return errors


def _bad_filters(asked: TableRequest, book: Codebook) -> list[FieldError]:
    names = [f.variable for f in asked.filters]
    errors = _unknown("filters", tuple(names), book)
    if len(names) > MOST_FILTERS:
        remedy = N_("Please leave one out.")
        message = N_("A table has at most %(most)s filters.")
        errors.append(FieldError("filters", message, remedy, {"most": MOST_FILTERS}))
    if len(set(names)) != len(names) or set(names) & set(asked.rows + asked.columns):
        errors.append(
            FieldError(
                "filters",
                N_("A variable is used twice."),
                N_("A variable is either in the table or a filter, and a filter stands once."),
            )
        )
    for chosen in asked.filters:
        variable = book.by_name.get(chosen.variable)
        unknown = set(chosen.codes) - set(variable.value_codes) if variable else set()
        errors += [
            FieldError(
                "filters",
                N_("“%(code)s” is not an answer of “%(name)s”."),
                N_("Please choose answers from the code list."),
                {"code": code, "name": chosen.variable},
            )
            for code in sorted(unknown)
        ]
    return errors


def _bad_merges(asked: TableRequest, book: Codebook) -> list[FieldError]:
    """Codes are merged within a variable of the table, each into one group, two at the least."""
    taken: set[tuple[str, str]] = set()
    names: set[tuple[str, str]] = set()
    for merge in asked.merge:
        variable = book.by_name.get(merge.variable)
        values = variable.value_codes if variable else ()
        pairs = {(merge.variable, code) for code in merge.codes}
        fits = (
            merge.variable in asked.rows + asked.columns
            and len(pairs) == len(merge.codes) >= 2
            and set(merge.codes) <= set(values)
            and not pairs & taken
            and (merge.variable, merge.name) not in names
            and _MERGE_NAME.fullmatch(merge.name) is not None
            and merge.name not in (variable.codes if variable else ())
        )
        if not fits:
            message = N_("These answers cannot be taken together.")
            remedy = N_("Please choose answers of one variable of the table, each once.")
            return [FieldError("merge", message, remedy)]
        taken |= pairs
        names.add((merge.variable, merge.name))
    return []


def _ordered_merge(merge: Merge, book: Codebook) -> Merge:
    """A merged group is named by its codes: equal groups, equal names."""
    codes = set(merge.codes)
    kept = [code for code in book.by_name[merge.variable].value_codes if code in codes]
    return Merge(variable=merge.variable, name="+".join(kept), codes=tuple(kept))


def _merge_place(merge: Merge) -> tuple[str, str]:
    return merge.variable, merge.name


def _ordered(chosen: Filter, book: Codebook) -> Filter:
    codes = set(chosen.codes)
    ordered = (code for code in book.by_name[chosen.variable].value_codes if code in codes)
    return Filter(variable=chosen.variable, codes=tuple(ordered))
