"""The command that holds the log's counts against the stores."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def counts_command(
    do: Callable[..., Any], data_option: Decorator, in_words: Decorator
) -> click.Command:
    """Return the command `audit-log counts`."""

    @click.command("counts")
    @data_option
    @click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
    @in_words
    def counts(data_dir: Path, as_json: bool) -> None:
        """Hold what the log says was settled against the stores: exit 0 agrees, 1 differs."""
        from survey_service.collection.stocktaking import Counts, SurveyStock

        told = do(data_dir, "counts")
        found = Counts(tuple(SurveyStock.model_validate(one) for one in told))
        if as_json:
            click.echo(json.dumps({"agree": found.agree, "surveys": told}))
        else:
            for line in _lines(found.surveys):
                click.echo(line)
        sys.exit(0 if found.agree else 1)

    return counts


def _lines(surveys: tuple[Any, ...]) -> list[str]:
    from survey_service.collection.stocktaking_words import DIFFERENCE_WORDS

    if not surveys:
        return ["No wave has been in the field yet."]
    lines = []
    for survey in surveys:
        stocks = [(f"{survey.survey} vault", survey.consents)]
        stocks += [(f"{survey.survey} answers {one.wave}", one.answers) for one in survey.waves]
        for name, stock in stocks:
            lines.append(f"{name}: {stock.state}")
            for one in stock.differences:
                size = f"at least {one.at_least}" if one.at_least else "fewer than 10"
                lines.append(f"  {DIFFERENCE_WORDS[one.kind]} ({size})")
    return lines
