"""A file of rules, and whether its names are those of the records: a rule for no column protects
nobody, so a misspelt one is never passed over."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import ValidationError

from anonymisation.console import words_of
from anonymisation.errors import BadPolicy
from schemas.policy import Policy


def read_policy(path: Path | None) -> Policy:
    """The rules in the file; None: the default ones.

    Raises:
        BadPolicy: the file is no TOML, or a field is unknown or makes no sense.
    """
    if path is None:
        return Policy()
    try:
        return Policy.model_validate(tomllib.loads(path.read_text("utf-8-sig")))
    except ValidationError as error:
        raise BadPolicy(
            f"{path.name}: {words_of(error)}.",
            remedy=f"The fields are {', '.join(Policy.model_fields)}.",
        ) from error
    except ValueError as error:
        raise BadPolicy(
            f"{path.name} is no TOML: {error}.", remedy="Write a line NAME = VALUE for each rule."
        ) from error


def fitted(policy: Policy, columns: Iterable[str], items: Iterable[str]) -> Policy:
    """The rules with every item of several answers named by its options, as tables name it.

    Raises:
        BadPolicy: they name a variable the records lack.
    """
    there = list(columns)
    options = {i: tuple(c for c in there if c.startswith(f"{i}/")) for i in items}

    def every(names: Iterable[str], field: str) -> tuple[str, ...]:
        found: list[str] = []
        for name in names:
            if name not in there and not options.get(name):
                raise BadPolicy(
                    f"The policy names {name!r} under {field}, which the records lack.",
                    remedy="Correct the name, or leave it out for these records.",
                )
            found += options.get(name) or (name,)
        return tuple(found)

    changes: dict[str, object] = {"sensitive": every(policy.sensitive, "sensitive")}
    if policy.breakdowns is not None:
        changes["breakdowns"] = every(policy.breakdowns, "breakdowns")
    if isinstance(policy.zeros, Mapping):
        zeros = policy.zeros
        changes["zeros"] = {one: zeros[v] for v in zeros for one in every([v], "zeros")}
    return policy.model_copy(update=changes)
