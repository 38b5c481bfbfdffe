"""What the commands share: exit codes, what they say and where, and a bar for long work."""

from __future__ import annotations

import json
import sys
from typing import Any, NoReturn

import click
from pydantic import ValidationError

from anonymisation.errors import AnonymisationError

UNSAFE, BAD_INPUT = 1, 2
INPUT_ERRORS = (AnonymisationError, ValidationError, OSError, ValueError)
WIDTH = 24


def pair(text: str) -> tuple[str, str]:
    """The two sides of NAME=VALUE.

    Raises:
        ValueError: it is not of that form.
    """
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise ValueError(f"{text!r} is not of the form VARIABLE=VALUE.")
    return name, value


def say(what: dict[str, Any], *, as_json: bool) -> None:
    """The results on standard output: one JSON object, or a line for each."""
    if as_json:
        click.echo(json.dumps(what, sort_keys=True))
        return
    for name, value in what.items():
        click.echo(f"{name}: {value}")


def end(code: int, message: str, *, as_json: bool) -> NoReturn:
    """The program stops with this exit code and says why."""
    if as_json:
        click.echo(json.dumps({"error": message}))
    else:
        click.echo(message, err=True)
    sys.exit(code)


def words_of(error: Exception) -> str:
    """An error in words: for rules, each field and what is wrong with it; for a file, its name."""
    if isinstance(error, ValidationError):
        wrong: dict[str, str] = {}
        for one in error.errors():
            wrong.setdefault(".".join(str(p) for p in one["loc"][:1]), _said(one))
        return "; ".join(f"{place}: {what}" if place else what for place, what in wrong.items())
    if isinstance(error, FileNotFoundError) and error.filename is not None:
        return f"There is no file {error.filename}. Name one that is there."
    return str(error)


def _said(one: Any) -> str:
    if one["type"] == "extra_forbidden":
        return "there is no such field"
    return str(one["msg"]).removeprefix("Value error, ")


class Bar:
    """A bar on standard error, drawn anew as work goes on; silent where nobody looks."""

    def __init__(self, *, silent: bool) -> None:
        self._silent = silent or not sys.stderr.isatty()
        self._drawn = ""

    def __call__(self, stage: str, done: int, of: int) -> None:
        """So much is done of a stage."""
        if self._silent:
            return
        full = WIDTH * done // of if of else WIDTH
        line = f"{stage:<20} {'█' * full}{'·' * (WIDTH - full)} {done}/{of}"
        if line != self._drawn:
            click.echo(f"\r\x1b[K{line}", nl=False, err=True)
            self._drawn = line

    def close(self) -> None:
        """The bar's line is free again."""
        if self._drawn:
            click.echo("\r\x1b[K", nl=False, err=True)
            self._drawn = ""
