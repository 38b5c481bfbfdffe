"""Expressions of a row, checked and made simple; what is wrong is found with row and column."""

from __future__ import annotations

from schemas.formula import Call, Each, Earlier, Formula, Itself, Reference, Words, nodes, parts_of
from schemas.questionnaire import Question
from survey_service.surveys.xlsform.columns import Row
from survey_service.surveys.xlsform.findings import Findings, Place
from survey_service.surveys.xlsform.lowering import comparison
from survey_service.surveys.xlsform.meaning import check_formula, refuse_today
from survey_service.surveys.xlsform.scope import Scope
from survey_service.surveys.xlsform.syntax import ExpressionRefused, Resolve, parse_formula

_OF_EACH = frozenset({"sum", "count", "min", "max"})
_CONSTANT = {"true", "false", "yes", "no", "1", "0", "true()", "false()"}


class Reading:
    """Reads cells as formulas, knowing the names and choices that stand before them."""

    def __init__(
        self,
        scope: Scope,
        questions: dict[str, Question],
        codes: dict[str, frozenset[str]],
        findings: Findings,
    ) -> None:
        self.scope = scope
        self.questions = questions
        self.codes = codes
        self.findings = findings

    def formula(self, row: Row, column: str) -> Formula | None:
        """The cell's formula; None where it is empty or was refused."""
        text = row.text(column)
        if not text:
            return None
        try:
            found = parse_formula(text, self._resolver(row, column))
            if column != "constraint":
                refuse_today(found)
            self._check(found, row.at(column), itself=column == "constraint")
        except ExpressionRefused as error:
            if not error.consequence:
                self.findings.refuse(row.at(column), error.message, error.remedy)
            return None
        return found

    def _resolver(self, row: Row, column: str) -> Resolve:
        """What names stand for; in a constraint the row's own name is the answer being checked."""
        own = row.text("name") if column == "constraint" else ""
        return lambda name: Itself() if own and name == own else self.scope.resolve(name)

    def look_over(self, row: Row) -> None:
        """Find what is wrong with the expressions of a row that is refused anyway."""
        for column in ("relevant", "constraint", "calculation", "choice_filter"):
            columns: tuple[str, ...] | None = () if column == "choice_filter" else None
            try:
                if row.text(column):
                    parse_formula(row.text(column), self.scope.resolve, columns)
            except ExpressionRefused as error:
                if not error.consequence:
                    self.findings.refuse(row.at(column), error.message, error.remedy)

    def required(self, row: Row) -> bool:
        """Whether the cell asks for a word at least; one that depends on answers asks for none."""
        text = row.text("required").lower()
        if not text or text in _CONSTANT:
            return text in ("true", "yes", "1", "true()")
        if self.formula(row, "required") is not None:
            self.findings.warn(
                row.at("required"),
                "It depends on an answer whether this is required; here it is not.",
                "Write yes or no.",
            )
        return False

    def _check(self, formula: Formula, place: Place, *, itself: bool) -> None:
        check_formula(formula)
        self._check_gathered(formula)
        for node, _ in nodes(formula):
            if isinstance(node, Itself) and not itself:
                raise ExpressionRefused(
                    "'.' stands for the answer that is being checked", "Use it in constraint only."
                )
            if isinstance(node, Call) and node.function == "selected":
                sides: tuple[Formula, str, Formula] | None = (node.terms[0], "=", node.terms[1])
            else:
                sides = comparison(node)
            if sides is None or not isinstance(sides[0], Earlier):
                continue
            known, right = self.codes.get(sides[0].item.question), sides[2]
            if known and isinstance(right, Words) and right.value and right.value not in known:
                self._warn(place, sides[0].item, right.value, known)

    def _check_gathered(self, formula: Formula) -> None:
        allowed = [
            term
            for node, _ in nodes(formula)
            if isinstance(node, Call) and node.function in _OF_EACH
            for term in node.terms
        ]
        for node, _ in nodes(formula):
            if isinstance(node, Each) and not any(node is term for term in allowed):
                raise ExpressionRefused(
                    f"'{node.item}' is asked once for each of several",
                    "Make one of them: sum(), count(), min() or max().",
                )
            sums = isinstance(node, Call) and node.function in ("sum", "count")
            if sums and not isinstance(parts_of(node)[0], Each):
                raise ExpressionRefused(
                    "sum() and count() take the answers of a repeat",
                    "Name a question that stands in one, after its end.",
                )

    def _warn(self, place: Place, item: Reference, code: str, known: frozenset[str]) -> None:
        self.findings.warn(
            place,
            f"'{item}' has no choice '{code}', so this is never true.",
            f"It has: {', '.join(sorted(known)[:12])}.",
        )
