"""The options and files of `anonymise table` for methods other than suppression."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import click

from anonymisation.errors import BadTable
from anonymisation.folder import write_folder
from anonymisation.records_file import Given
from anonymisation.tables.cell_key import cell_keys, record_keys
from anonymisation.tables.methods import Publication, publish
from anonymisation.tables.system import CellSystem
from schemas.canonical import canonical_json
from schemas.certificate import PublicCertificate
from schemas.policy import Policy
from schemas.tables import Ledger
from schemas.vocabulary import Frozen

NAMES = {"suppress": "suppression", "round": "rounding", "cell-key": "cell_key",
         "geometric": "geometric"}  # fmt: skip
LEAST_KEY = 16
"""Bytes of a key; fewer can be tried out."""
OPTIONS: list[Callable[[Any], Any]] = [
    click.option("--method", type=click.Choice(list(NAMES)),
                 help="How counts are protected. Default: the policy's method."),
    click.option("--base", type=click.Choice(["3", "5"]), help="round: to multiples of it."),
    click.option("--independent", is_flag=True,
                 help="round: each count by itself where nothing adds up."),
    click.option("--deviation", type=int, help="cell-key: the most a number is off."),
    click.option("--variance", type=float, help="cell-key: of the noise."),
    click.option("--smallest", type=int, help="cell-key: counts from 1 to it are never printed."),
    click.option("--id", "identifier",
                 help="cell-key: the column of random record identifiers."),
    click.option("--key", type=click.Path(exists=True, dir_okay=False, path_type=Path),
                 help="cell-key: a file of 16 random bytes or more, kept inside."
                      " round: the seed."),
    click.option("--epsilon", help="geometric: what this run costs, such as 1/2."),
    click.option("--budget", help="geometric: what all runs on these records may cost."),
    click.option("--contribution", type=int,
                 help="geometric: the most records of one household, or 1 for persons."),
    click.option("--fitted", is_flag=True, help="geometric: numbers that add up."),
]  # fmt: skip


class Sealed(Frozen):
    """What is written of a publication: `public` for everybody, the rest for its owner only."""

    public: PublicCertificate
    seed: str | None
    bounds: tuple[tuple[int, int, int | None], ...]

    def canonical(self) -> str:
        """Equal contents, equal text."""
        return canonical_json(self).decode()


def method_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command takes the options that choose a method."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


class Chosen:
    """The method's options, taken out of a command's."""

    def __init__(self, options: dict[str, Any]) -> None:
        names = [parameter for parameter in _parameters() if parameter in options]
        self._given = {name: options.pop(name) for name in names}

    def policy(self, rules: Policy) -> Policy:
        """The rules with the method chosen; options left out stay as the rules have them.

        Raises:
            ValueError: an option belongs to another method, or its value makes no sense.
        """
        name = NAMES.get(self._given["method"] or "", rules.method.name)
        same = rules.method.model_dump() if rules.method.name == name else {"name": name}
        fields = {
            "base": int(self._given["base"]) if self._given["base"] else None,
            "independent": self._given["independent"] or None,
            "deviation": self._given["deviation"],
            "variance": self._given["variance"],
            "smallest": self._given["smallest"],
            "epsilon": self._given["epsilon"],
            "total": self._given["budget"] or (None if "total" in same else self._given["epsilon"]),
            "contribution": self._given["contribution"],
            "margins": "fitted" if self._given["fitted"] else None,
        }
        wanted = same | {field: value for field, value in fields.items() if value is not None}
        return Policy.model_validate(rules.model_dump() | {"method": wanted})

    def secret(self) -> bytes | None:
        """The key's bytes; None: no file was named.

        Raises:
            ValueError: it is too short.
        """
        if self._given["key"] is None:
            return None
        secret: bytes = self._given["key"].read_bytes()
        if len(secret) < LEAST_KEY:
            raise ValueError(f"--key needs a file of {LEAST_KEY} random bytes or more.")
        return secret

    def publish(
        self, out: Path, given: Given, policy: Policy, system: CellSystem, ledger: Ledger,
        seconds: float | None,
    ) -> dict[str, Any]:  # fmt: skip
        """The tables written to a folder, and what is said of them.

        Raises:
            Refused: the promise cannot be kept, or the budget is spent.
            BadTable: records or key do not fit the method.
        """
        secret, keys = self.secret(), None
        if policy.method.name == "cell_key":
            keys = self._keys(given, system, secret)
        found = publish(system, policy, ledger, secret=secret, keys=keys, seconds=seconds)
        if not isinstance(found, Publication):
            raise BadTable("This is no method of rounding or noise.", remedy="See --method.")
        bounds = tuple((cell, *found.bounds[cell]) for cell in sorted(found.bounds))
        sealed = Sealed(public=found.public, seed=found.seed, bounds=bounds)
        write_folder(out, found.tables, cast("Any", sealed), given.domain, given.hierarchies)
        altered = found.altered.model_dump(exclude_none=True, exclude={"promises", "origin"})
        cells = [len(table.cells) for table in found.tables]
        return {"out": str(out), "promise": found.promise, **altered, "cells": cells}

    def _keys(self, given: Given, system: CellSystem, secret: bytes | None) -> Any:
        column = self._given["identifier"]
        if secret is None or column is None or column not in given.frame.columns:
            raise BadTable(
                "A cell key needs a key and a random identifier for every record.",
                remedy="Give --key and --id.",
            )
        return cell_keys(system, given.frame, record_keys(given.frame[column], secret))


def _parameters() -> list[str]:
    return ["method", "base", "independent", "deviation", "variance", "smallest", "identifier",
            "key", "epsilon", "budget", "contribution", "fitted"]  # fmt: skip
