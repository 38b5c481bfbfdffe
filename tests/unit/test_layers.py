"""Who may import whom, as pyproject.toml says, and that the contracts notice a breach."""

from __future__ import annotations

from pathlib import Path

import pytest
from grimp import ImportGraph
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from tools.import_contracts import NotBoth, OnlyImports

ROOT = Path(__file__).parents[2]


def test_every_contract_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    status = lint_imports(no_cache=True)
    assert status == EXIT_STATUS_SUCCESS, capsys.readouterr().out


def _graph(*imports: tuple[str, str]) -> ImportGraph:
    graph = ImportGraph()
    for module in ("house.vault", "house.replies", "house"):
        graph.add_module(module)
    for importer, imported in imports:
        for module in (importer, imported):
            if module not in graph.modules:
                graph.add_module(module)
        graph.add_import(importer=importer, imported=imported)
    return graph


def _not_both() -> NotBoth:
    options = {"first": "house.vault", "second": "house.replies", "allowed": ["house.rights"]}
    return NotBoth(name="", session_options={}, contract_options=options)


def test_two_modules_of_one_room_may_not_share_the_work_of_seeing_both() -> None:
    graph = _graph(
        ("house.desk.left", "house.vault.models"), ("house.desk.right", "house.replies.models")
    )
    check = _not_both().check(graph, verbose=False)
    assert check.metadata["rooms"] == ["house.desk"]


@pytest.mark.parametrize(
    "imports",
    [
        [("house.desk", "house.vault")],
        [("house.rights.service", "house.vault"), ("house.rights.service", "house.replies")],
        [("house.desk", "house.rights"), ("house.rights", "house.vault")],
    ],
)
def test_one_of_the_two_or_an_allowed_room_is_fine(imports: list[tuple[str, str]]) -> None:
    assert _not_both().check(_graph(*imports), verbose=False).kept


@pytest.mark.parametrize(
    ("imported", "kept"),
    [("json", True), ("pydantic", True), ("house.vault", True), ("requests", False)],
)
def test_a_package_that_stands_alone_imports_only_what_is_allowed(
    imported: str, kept: bool
) -> None:
    contract = OnlyImports(
        name="",
        session_options={},
        contract_options={"package": "house", "allowed": ["pydantic"]},
    )
    assert contract.check(_graph(("house.replies", imported)), verbose=False).kept is kept
