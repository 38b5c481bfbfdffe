"""Two import-linter contracts of our own, named in pyproject.toml."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import cast

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


def _names(option: object) -> set[str]:
    # import-linter replaces the field by its value when it reads the contract.
    return {str(name) for name in cast(Iterable[object], option)}


def _within(module: str, packages: Iterable[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


class OnlyImports(Contract):
    """Holds while a package imports itself, the standard library and the allowed packages only."""

    package = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the imports that are not allowed, as `strangers` of the check."""
        package = str(self.package)
        own = {package} | graph.find_descendants(package)
        may = {package, *_names(self.allowed), *sys.stdlib_module_names}
        strangers = sorted(
            (module, imported)
            for module in own
            for imported in graph.find_modules_directly_imported_by(module)
            if not _within(imported, may)
        )
        return ContractCheck(kept=not strangers, metadata={"strangers": strangers})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line per import that is not allowed."""
        for module, imported in check.metadata["strangers"]:
            output.print_error(f"{module} imports {imported}")


class NotBoth(Contract):
    """Holds while no room but the allowed ones imports both of two rooms directly.

    A room is a package's direct child with everything under it, so that two modules of one room
    cannot share the work. Chains are left out: every page reaches the wiring through its context.
    """

    first = fields.StringField()
    second = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Return the rooms that import both, as `rooms` of the check."""
        first, second = str(self.first), str(self.second)
        allowed = {first, second, *_names(self.allowed)}
        seen: dict[str, set[str]] = {}
        for target in (first, second):
            for module in {target} | graph.find_descendants(target):
                for importer in graph.find_modules_that_directly_import(module):
                    if not _within(importer, allowed):
                        room = ".".join(importer.split(".")[:2])
                        seen.setdefault(room, set()).add(target)
        rooms = sorted(room for room, targets in seen.items() if len(targets) == 2)
        return ContractCheck(kept=not rooms, metadata={"rooms": rooms})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print one line per room that imports both."""
        for room in check.metadata["rooms"]:
            output.print_error(f"{room} imports both {self.first} and {self.second}")
