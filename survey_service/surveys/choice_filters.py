"""Which choices an earlier answer leaves: municipalities of the region, parishes of the town.

A choice is left out only where the filter is known to be false for it: whoever preferred not to
say the region may choose among all municipalities. Cost grows with the choices times the terms.
"""

from __future__ import annotations

from collections.abc import Sequence

from schemas.expression import Holds
from schemas.questionnaire import Option
from schemas.response import Answers
from survey_service.surveys.formula_functions import as_truth
from survey_service.surveys.formulas import compile_formula


class Filter:
    """The filter of one question, compiled."""

    def __init__(self, test: Holds, options: Sequence[Option]) -> None:
        """Compile it once; each choice is looked at with its own cells."""
        self._term = compile_formula(test.formula)
        self._options = tuple((o.code, {**o.cells, "name": o.code}) for o in options)

    def codes(self, answers: Answers) -> tuple[str, ...]:
        """The codes that are left, in order."""
        return tuple(
            code
            for code, cells in self._options
            if as_truth(self._term(answers, cells)) is not False
        )
