"""The server and the browser say the same of every tree, for every answer.

Thousands of trees with answers are made here, evaluated by Python, and given to Chromium in one
call; what differs is shown as it was said by both.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from pydantic import TypeAdapter

from schemas.expression import Expression, Holds
from schemas.formula import Formula
from survey_service.surveys.browser_checks import for_browsers, portable
from survey_service.surveys.conditions import compile_condition
from survey_service.surveys.formula_functions import FUNCTIONS, as_text
from survey_service.surveys.formulas import compile_formula
from survey_service.web import static_files

SCRIPT = (static_files.FOLDER / "form.js").read_text("utf-8")
CASES = 3_000
FORMULA: TypeAdapter[Any] = TypeAdapter(Formula)
EXPRESSION: TypeAdapter[Any] = TypeAdapter(Expression)
RUN = """async ({source, cases}) => {
  const address = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
  const {evaluate, asTruth, asText} = await import(address);
  const bare = (value) => typeof value === "number" ? asText(value) : value;
  return cases.map(({tree, answers, own}) => {
    try {
      const value = evaluate(tree, answers, own);
      return [Array.isArray(value) ? value.map(bare) : bare(value), asTruth(value)];
    } catch (error) { return String(error); }
  });
}"""
TEXTS = ["", "a", "b c", " b  c ", "ž", "Ā😀я", "12", "-3.50", " 7 ", "1e3", "2020-02-29",
         "2021-02-29", "1969-12-31", "\t\n", "\u00a0", "true", "0"]  # fmt: skip
NUMBERS = [0, 1, -1, 2, 10, 0.5, 2.5, -2.5, 1.005, 2.675, 0.1, 1e-7, 123456.789, 999999999999999,
           0.30000000000000004, 1e15, 3, -0.0, 1e14]  # fmt: skip
NAMES = ["n", "d", "t", "s", "m", "day", "gone"]
PATTERNS = ["[0-9]{1,3}", r"\d+", r"\w+", "a|b c", "[^a-c]*", r"-?\d+\.\d{2}", "..", r"[\w -]+",
            r"\s*7\s*"]  # fmt: skip


class Maker:
    """Random trees and answers, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        """Begin."""
        self.dice = random.Random(seed)

    def answers(self) -> dict[str, Any]:
        """Return answers in every state, entries of a repeat among them."""
        said: dict[str, Any] = {}
        for name in [*NAMES[:-1], "r.1", "r.2", "r.3"]:
            if self.dice.random() < 0.2:
                continue
            state = self.dice.choice(["answered"] * 5 + ["refused", "missing", "dont_know"])
            said[name] = {
                "state": state,
                "value": self.value(name) if state == "answered" else None,
            }
        if self.dice.random() < 0.5:
            parts = {"one": self.dice.randint(0, 4), "two": self.dice.randint(0, 4)}
            said["g"] = {"state": "answered", "value": parts}
        return said

    def value(self, name: str) -> Any:
        """Return a value of the kind that a question of this name has."""
        dice = self.dice
        match name.partition(".")[0]:
            case "n" | "r":
                return dice.randint(-3, 999)
            case "d":
                return dice.choice(["0", "12.5", "-0.25", "3", "0.1"])
            case "s":
                return dice.choice(["1", "2", "x"])
            case "m":
                return dice.sample(["1", "2", "x"], dice.randint(0, 3))
            case "day":
                return (
                    f"{dice.randint(1900, 2100)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
                )
        return dice.choice(TEXTS)

    def formula(self, depth: int) -> dict[str, Any]:
        """Return a formula that nests at most so deep."""
        dice = self.dice
        kinds = ["number", "words", "earlier", "earlier", "earlier", "itself", "part"]
        if depth:
            kinds += ["operation"] * 8 + ["call"] * 8
        match dice.choice(kinds):
            case "number":
                return {"node": "number", "value": dice.choice(NUMBERS)}
            case "words":
                return {"node": "words", "value": dice.choice(TEXTS)}
            case "earlier":
                return {"node": "earlier", "item": {"question": dice.choice(NAMES)}}
            case "part":
                part = dice.choice(["one", "two", "three"])
                return {"node": "earlier", "item": {"question": "g", "part": part}}
            case "itself":
                return {"node": "itself"}
            case "operation":
                signs = ["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"]
                return {
                    "node": "operation",
                    "operator": dice.choice(signs),
                    "left": self.formula(depth - 1),
                    "right": self.formula(depth - 1),
                }
        return self.call(depth)

    def call(self, depth: int) -> dict[str, Any]:
        """Return a call of a function that there is."""
        dice = self.dice
        name = dice.choice(sorted(FUNCTIONS))
        function = FUNCTIONS[name]
        size = dice.randint(function.least, min(function.most, function.least + 2))
        terms = [self.formula(depth - 1) for _ in range(size)]
        if name in ("sum", "count") or (name in ("min", "max") and dice.random() < 0.3):
            terms = [{"node": "each", "item": {"question": "r"}}]
        if name == "regex":
            terms[1] = {"node": "words", "value": dice.choice(PATTERNS)}
        return {"node": "call", "function": name, "terms": terms}

    def expression(self, depth: int) -> dict[str, Any]:
        """Return a condition that nests at most so deep."""
        dice = self.dice
        kinds = ["comparison", "number", "one_of", "includes", "has_any", "holds"]
        if depth:
            kinds += ["not", "all", "any"] * 2
        match dice.choice(kinds):
            case "comparison":
                value, sign = dice.choice(["1", "x"]), dice.choice(["==", "!="])
                item = {"question": "s"}
                return {"node": "comparison", "item": item, "operator": sign, "value": value}
            case "number":
                sign = dice.choice(["==", "!=", "<", "<=", ">", ">="])
                item = dice.choice([{"question": "n"}, {"question": "g", "part": "one"}])
                value = dice.randint(-1, 5)
                return {"node": "comparison", "item": item, "operator": sign, "value": value}
            case "one_of":
                return {"node": "one_of", "item": {"question": "s"}, "values": ["1", 2]}
            case "includes":
                return {"node": "includes", "item": {"question": "m"}, "code": "x"}
            case "has_any":
                return {"node": "has_any", "item": {"question": "m"}}
            case "holds":
                return {"node": "holds", "formula": self.formula(2)}
            case "not":
                return {"node": "not", "term": self.expression(depth - 1)}
            case kind:
                terms = [self.expression(depth - 1) for _ in range(dice.randint(2, 3))]
                return {"node": kind, "terms": terms}


def said_by_server(tree: Any, answers: Any, own: Any) -> Any:
    """Return the value and its truth as Python has them."""
    if isinstance(tree, Holds):
        value = compile_formula(tree.formula)(answers, own)
    else:
        value = compile_condition(tree)(answers)
    truth = None if value is None else bool(value)
    return [_plain(value), truth]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return (
        as_text(value)
        if isinstance(value, (int, float)) and value is not True and (value is not False)
        else value
    )


@pytest.fixture(scope="module")
def told(chromium: Browser) -> list[tuple[Any, Any, Any]]:
    """What was asked, what the server says and what the browser says."""
    maker = Maker(20261128)
    asked, cases = [], []
    for number in range(CASES):
        if number % 3:
            tree = EXPRESSION.validate_python({"node": "holds", "formula": maker.formula(4)})
        else:
            tree = EXPRESSION.validate_python(maker.expression(3))
        answers, own = maker.answers(), maker.dice.choice([None, 3, "x", "12.5", ["1"], "ž 7"])
        if tree.node != "holds":
            # A condition has no answer of its own to look at.
            own = None
        asked.append((tree, answers, own))
        formula = for_browsers(tree)
        plain = formula["formula"] if tree.node == "holds" else formula
        cases.append({"tree": plain, "answers": answers, "own": own})
    page = chromium.new_page()
    try:
        found = page.evaluate(RUN, {"source": SCRIPT, "cases": json.loads(json.dumps(cases))})
    finally:
        page.close()
    return [
        (case, said_by_server(*one), browser)
        for case, one, browser in zip(cases, asked, found, strict=True)
    ]


def test_server_and_browser_say_the_same_of_every_tree(told: list[tuple[Any, Any, Any]]) -> None:
    differing = [one for one in told if one[1] != one[2]]
    assert not differing, f"{len(differing)} of {len(told)}: {json.dumps(differing[:3])}"


def test_the_trees_turn_out_every_way(told: list[tuple[Any, Any, Any]]) -> None:
    truths = [server[1] for _, server, _ in told]
    assert {truth: truths.count(truth) > CASES // 20 for truth in truths} == {
        True: True, False: True, None: True,
    }  # fmt: skip
    assert {type(server[0]) for _, server, _ in told} >= {str, bool, list}


@pytest.mark.parametrize(
    "pattern", [r"(a)\b", r"\Aa", "[]a]", "a{", "a++", "[a[b]", r"\x41", "[a", "a]"]
)
def test_a_pattern_that_browsers_read_otherwise_is_left_to_the_server(pattern: str) -> None:
    assert portable(pattern) is None


def test_the_script_is_where_pages_look_for_it() -> None:
    assert Path(static_files.static("form.js")).suffix == ".js"
