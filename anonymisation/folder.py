"""Protected tables as files: what `anonymise table` writes and the other commands read."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.attacker import attack
from anonymisation.tables.protection import Protection
from anonymisation.tables.published import printed_facts
from schemas.tables import CellMark, Ledger, ProtectedTable, ReleasedTable

MARKS = {CellMark.PUBLISHED: "", CellMark.FLAGGED: "u", CellMark.WITHHELD: "c"}


def write_folder(
    out: Path,
    protection: Protection,
    domain: Mapping[str, tuple[str, ...]],
    hierarchies: Mapping[str, Hierarchy],
) -> None:
    """One CSV and one JSON per table, code lists, and the certificate: its public part in
    `certificate.json`, the whole in `inside/certificate.json`, readable by the owner only."""
    out.mkdir(parents=True, exist_ok=True)
    for number, table in enumerate(protection.tables, start=1):
        (out / f"table-{number}.json").write_text(table.canonical(), encoding="utf-8")
        _write_csv(out / f"table-{number}.csv", table)
    used = {v for t in protection.tables for v in (*t.spec.variables, *t.spec.where)}
    codes = {
        "domain": {v: list(domain[v]) for v in sorted(used)},
        "hierarchies": {v: h.rows for v, h in sorted(hierarchies.items()) if v in used},
    }
    (out / "codes.json").write_text(json.dumps(codes, ensure_ascii=False), encoding="utf-8")
    if protection.certificate is None:
        return
    public = protection.certificate.public.model_dump_json()
    (out / "certificate.json").write_text(public, encoding="utf-8")
    inside = out / "inside"
    inside.mkdir(mode=0o700, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    handle = os.open(inside / "certificate.json", flags, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(protection.certificate.canonical())


def _write_csv(path: Path, table: ProtectedTable) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.variables, "count", "mark"])
        for cell in table.cells:
            value = "" if cell.value is None else cell.value
            writer.writerow([*cell.codes, value, MARKS[cell.mark]])


def read_tables(folder: Path) -> list[ProtectedTable]:
    """The tables of a folder, in order.

    Raises:
        BadTable: there is none.
    """
    numbered = sorted(folder.glob("table-*.json"), key=lambda p: (len(p.name), p.name))
    if not numbered:
        raise BadTable(f"{folder} holds no table.", remedy="Name a folder `table` wrote.")
    return [ProtectedTable.model_validate_json(p.read_text(encoding="utf-8")) for p in numbered]


def read_ledger(folders: Sequence[Path]) -> Ledger:
    """All tables of the folders as released, in the order given."""
    ledger = Ledger()
    for folder in folders:
        for number, table in enumerate(read_tables(folder), start=1):
            name = f"{folder.name}/{number}"
            ledger = ledger.with_release(ReleasedTable(release=name, table=table))
    return ledger


def attack_folders(folders: Sequence[Path]) -> list[dict[str, Any]]:
    """The interval of every withheld cell, from all the folders' printed facts together.

    `falls`: the count is known exactly or can be proved to be below its table's threshold,
    though not nought. A secondary cell that is known but large does not fall.
    """
    tables: list[ProtectedTable] = []
    domain: dict[str, tuple[str, ...]] = {}
    hierarchies: dict[str, Hierarchy] = {}
    for folder in folders:
        tables += read_tables(folder)
        codes = json.loads((folder / "codes.json").read_text(encoding="utf-8"))
        for variable, listed in codes["domain"].items():
            if domain.setdefault(variable, tuple(listed)) != tuple(listed):
                raise BadTable(f"The folders list the codes of {variable!r} differently.")
        for variable, rows in codes["hierarchies"].items():
            hierarchies[variable] = Hierarchy(variable, rows)
    facts, shown = printed_facts(tables, domain, hierarchies)
    found = attack(facts, tables[0].policy)
    out = []
    for place, low, high in zip(found.rows, found.low, found.high, strict=True):
        table, cell = shown[place]
        out.append(
            {
                "table": table,
                "codes": list(cell.codes),
                "low": int(low) if math.isfinite(low) else None,
                "high": int(high) if math.isfinite(high) else None,
                "falls": bool(high < tables[table].policy.threshold),
            }
        )
    return out
