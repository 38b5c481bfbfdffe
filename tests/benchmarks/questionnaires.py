"""What a questionnaire costs: importing it beside pyxform, routing it, showing a page of it.

Every figure is a ratio to a baseline of the same run, in CPU time, in interleaved rounds. A
whole route grows with all questions of the form, which the curve shows; whether one question is
asked costs what it and the questions before it in its section depend on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

from schemas.questionnaire import Questionnaire
from schemas.response import AnswerDict
from survey_service.collection.page_parts_place import Place
from survey_service.collection.page_parts_sheet import answer_values, sheet
from survey_service.surveys.core import load
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.media.files import NO_FILES
from survey_service.surveys.xlsform.importing import import_workbook
from survey_service.surveys.xlsform.reading import read_workbook
from survey_service.surveys.xlsform.second_judge import as_pyxform_reads
from survey_service.surveys.xlsform.spreadsheet import write_xlsx

ROUNDS = 7
SIZES = (20, 125, 250, 500, 1_000)
DEPENDENTS = ((500, 1), (500, 5), (500, 20), (500, 50), (500, 100), (500, 250), (500, 490),
              (1_000, 1), (1_000, 20), (1_000, 100))  # fmt: skip
"""Expressions of a form, and how many of them depend on the answer that changes."""
PURPOSES = frozenset({"participation"})
HEADINGS = ["type", "name", "label::English (en)", "relevant", "constraint"]
Timed = Callable[[], object]


def workbook(questions: int) -> bytes:
    """An .xlsx of so many questions, twenty a section; the first of each ten decides on nine."""
    rows = [HEADINGS]
    for number in range(questions):
        gate = number - number % 10
        if number % 20 == 0:
            rows += [["end_group"]] if number else []
            rows.append(["begin_group", f"part{number}", f"Part {number}"])
        asked = f"${{q{gate}}} = 'yes' or ${{q{gate}}} = 'no'" if number != gate else ""
        if number % 4 == 3:
            rows.append(["integer", f"q{number}", f"How many of {number}?", asked, ". <= 20"])
        else:
            rows.append(["select_one yn", f"q{number}", f"Is it so, {number}?", asked, ""])
    rows.append(["end_group"])
    choices = [
        ["list_name", "name", "label::English (en)"],
        ["yn", "yes", "Yes"],
        ["yn", "no", "No"],
    ]
    return write_xlsx({"survey": rows, "choices": choices, "settings": [["form_id"], ["bench"]]})


def imported(data: bytes) -> Questionnaire:
    """The questionnaire of the file."""
    core = load()
    found = import_workbook(
        data,
        code_lists=core.code_lists,
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )
    if found.questionnaire is None:
        raise ValueError([str(f) for f in found.findings if f.outcome == "refused"][:3])
    return found.questionnaire


def interleaved(work: Mapping[str, Timed], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """CPU seconds of each piece of work in each round, after one that does not count."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 1):
        for name, do in work.items():
            began = time.process_time()
            do()
            if number:
                spent[name].append(time.process_time() - began)
    return spent


def ratio(spent: Mapping[str, list[float]], of: str, to: str) -> str:
    """The median ratio of one to the other, with its range."""
    found = [a / b for a, b in zip(spent[of], spent[to], strict=True)]
    return f"{statistics.median(found):.2f} ({min(found):.2f}-{max(found):.2f})"


def importing() -> None:
    """Import of 560 questions, the second judge included, beside pyxform's own reading."""
    from pyxform.xls2xform import convert

    data = workbook(560)
    spent = interleaved(
        {
            "whole": lambda: imported(data),
            "pyxform": lambda: convert(data, file_type=".xlsx"),
            "judge": lambda: convert(as_pyxform_reads(read_workbook(data))),
        }
    )
    print(
        f"import of 560 questions / pyxform's reading: {ratio(spent, 'whole', 'pyxform')}, goal ≤ 3"
    )
    print(f"  of it the second judge: {ratio(spent, 'judge', 'pyxform')}")
    print(f"  pyxform alone: {statistics.median(spent['pyxform']):.2f} s CPU")


def pages() -> None:
    """A question page of long forms beside one of 20 questions: walk, answer, sheet."""
    core = load()
    work: dict[str, Timed] = {}
    walks: dict[str, Timed] = {}
    for size in SIZES:
        form = CompiledForm.compile(imported(workbook(size)), core.code_lists, core.parameters)
        answers: dict[str, AnswerDict] = {
            question.id: {"state": "answered", "value": 3 if question.kind == "integer" else "yes"}
            for question in form.questions
        }
        asked, place = form.questions[size // 40 * 20 + 12], Place("bench", "en")

        def page(form: CompiledForm = form, answers: dict[str, AnswerDict] = answers,
                 qid: str = asked.id, place: Place = place) -> None:  # fmt: skip
            for _ in range(50):
                form.walk_to(qid, answers, PURPOSES, section=True)
                values = answer_values(form.by_id[qid], answers[qid], "en")
                sheet(form, NO_FILES, place, qid, None, False).filled(values)

        def walk(form: CompiledForm = form, answers: dict[str, AnswerDict] = answers) -> None:
            for _ in range(50):
                form.walk(answers, PURPOSES)

        work[str(size)], walks[str(size)] = page, walk
    spent, walked = interleaved(work), interleaved(walks)
    for size in SIZES:
        one = statistics.median(walked[str(size)]) / 50 * 1e6
        print(
            f"{size:5} questions: route {one:7.0f} µs CPU; "
            f"one question's condition and page / that of 20: {ratio(spent, str(size), '20')}"
        )


def dependents(form_size: int, depending: int) -> bytes:
    """An .xlsx in which so many questions depend on the first, and each other on its neighbour."""
    rows = [HEADINGS, ["select_one yn", "q0", "Is it so?", "", ""]]
    for number in range(1, form_size):
        gate = 0 if number <= depending else number - 1
        asked = f"${{q{gate}}} = 'yes'" if gate != depending else ""
        rows.append(["select_one yn", f"q{number}", f"Is it so, {number}?", asked, ""])
    choices = [
        ["list_name", "name", "label::English (en)"],
        ["yn", "yes", "Yes"],
        ["yn", "no", "No"],
    ]
    return write_xlsx({"survey": rows, "choices": choices, "settings": [["form_id"], ["bench"]]})


def one_changed_answer() -> None:
    """The first answer changes so that what depends on it is not asked: what comes next, and back.

    Every expression that depends on it has to be looked at then, and no other.
    """
    core = load()
    work: dict[str, Timed] = {}
    for size, depending in DEPENDENTS:
        form = CompiledForm.compile(
            imported(dependents(size, depending)), core.code_lists, core.parameters
        )
        answers: dict[str, AnswerDict] = {
            question.id: {"state": "answered", "value": "yes"} for question in form.questions
        }
        answers["q0"] = {"state": "answered", "value": "no"}
        if form.following("q0", answers, PURPOSES) != f"q{depending + 1}":
            raise ValueError("another question is next")

        def changed(form: CompiledForm = form, answers: dict[str, AnswerDict] = answers,
                    then: str = f"q{depending + 1}") -> None:  # fmt: skip
            for _ in range(50):
                form.following("q0", answers, PURPOSES)
                form.preceding(then, answers, PURPOSES)

        def whole(form: CompiledForm = form, answers: dict[str, AnswerDict] = answers) -> None:
            for _ in range(50):
                form.walk(answers, PURPOSES)

        work[f"{size} {depending}"], work[f"{size} {depending} whole"] = changed, whole
    spent = interleaved(work)
    for size, depending in DEPENDENTS:
        one, all_ = (
            statistics.median(spent[f"{size} {depending}{which}"]) / 50 * 1e6
            for which in ("", " whole")
        )
        print(
            f"{size:5} expressions, {depending:3} depend on the changed answer: "
            f"{one:6.1f} µs CPU there and back; the whole route {all_:6.1f}"
        )


def main() -> None:
    """Measure all of it."""
    one_changed_answer()
    importing()
    pages()


if __name__ == "__main__":
    main()
