"""Protected tables as files: what `anonymise table` writes and the other commands read."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from anonymisation.errors import BadTable
from anonymisation.hierarchy import Hierarchy
from anonymisation.tables.altered import asking
from anonymisation.tables.attacker import attack
from anonymisation.tables.published import printed_facts
from anonymisation.tables.sums import mean_of
from schemas.certificate import Certificate
from schemas.tables import CellMark, Ledger, ProtectedTable, ReleasedTable, Share, TableCell

MARKS = {
    CellMark.PUBLISHED: "",
    CellMark.FLAGGED: "u",
    CellMark.WITHHELD: "c",
    CellMark.ROUNDED: "r",
    CellMark.NOISED: "n",
}
DOMAIN_DIFFERS = "The folders list the codes of {!r} differently."


def check_free(out: Path) -> None:
    """Nothing stands where the folder will be written.

    Raises:
        BadTable: something does; what was printed once is never written over.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BadTable(f"{out} exists already.", remedy="Choose another folder for --out.")


def write_folder(
    out: Path,
    tables: Sequence[ProtectedTable],
    certificate: Certificate | None,
    domain: Mapping[str, tuple[str, ...]],
    hierarchies: Mapping[str, Hierarchy],
    sums: Sequence[ProtectedTable] = (),
    sums_certificate: Certificate | None = None,
) -> None:
    """One CSV and one JSON per table, code lists, and the certificate: its public part in
    `certificate.json`, the whole in `inside/certificate.json`, readable by the owner only.

    `sums` stand beside the tables, in `sums-1` and so on, with a certificate of their own. All of
    it is there, or nothing.

    Raises:
        BadTable: something stands there already.
    """
    check_free(out)
    with _whole(out) as folder:
        for number, table in enumerate(tables, start=1):
            _write(folder / f"table-{number}.json", table.canonical())
            _write_csv(folder / f"table-{number}.csv", table)
        for number, (table, total) in enumerate(zip(tables, sums, strict=False), start=1):
            _write(folder / f"sums-{number}.json", total.canonical())
            _write_sums(folder / f"sums-{number}.csv", table, total)
        used = {v for t in tables for v in (*t.spec.variables, *t.spec.where)}
        codes = {
            "domain": {v: list(domain[v]) for v in sorted(used)},
            "hierarchies": {v: h.rows for v, h in sorted(hierarchies.items()) if v in used},
        }
        _write(folder / "codes.json", json.dumps(codes, ensure_ascii=False))
        _certify(folder, "certificate.json", certificate)
        _certify(folder, "certificate-sums.json", sums_certificate)


def _certify(folder: Path, name: str, certificate: Certificate | None) -> None:
    if certificate is None:
        return
    _write(folder / name, certificate.public.model_dump_json())
    inside = folder / "inside"
    inside.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(inside / name, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(certificate.canonical())


@contextmanager
def _whole(out: Path) -> Iterator[Path]:
    """A folder beside the one wanted, which takes its place when all is written."""
    out.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        folder.chmod(0o755)
        yield folder
        folder.replace(out)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _write_csv(path: Path, table: ProtectedTable) -> None:
    """Codes, number and mark; in a table of shares the size to 5, the share and its interval."""
    shares = table.policy.print == "shares"
    weighted = any(cell.weighted is not None for cell in table.cells)
    columns = ["size", "share", "from", "to"] if shares else ["count"]
    columns += ["weighted"] if weighted else []
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.variables, *columns, "mark"])
        for cell in table.cells:
            numbers = _share_columns(cell) if shares else [cell.value]
            numbers += [cell.weighted] if weighted else []
            texts = ["" if n is None else n for n in numbers]
            writer.writerow([*cell.codes, *texts, MARKS[cell.mark]])


def _share_columns(cell: TableCell) -> list[Any]:
    share = cell.share or Share(points=cell.value)
    said: Any = share.points
    if share.under is not None:
        said = f"<{share.under}"
    elif share.over is not None:
        said = f">{share.over}"
    return [cell.rounded, said, share.low, share.high]


def _write_sums(path: Path, table: ProtectedTable, total: ProtectedTable) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*table.variables, "count", total.magnitude, "mean", "mark"])
        counts = {(c.levels, c.codes): c for c in table.cells}
        for cell in total.cells:
            count = counts[cell.levels, cell.codes]
            mean = mean_of(count, cell)
            numbers = [count.value, cell.value, None if mean is None else round(mean, 2)]
            texts = ["" if n is None else n for n in numbers]
            writer.writerow([*cell.codes, *texts, MARKS[cell.mark]])


def read_tables(folder: Path, kind: str = "table") -> list[ProtectedTable]:
    """The tables of a folder, in order; with `kind` sums, its sums.

    Raises:
        BadTable: there is no table, or it is not as this command writes it.
    """
    numbered = sorted(folder.glob(f"{kind}-*.json"), key=lambda p: (len(p.name), p.name))
    if not numbered and kind == "table":
        raise BadTable(f"{folder} holds no table.", remedy="Name a folder `table` wrote.")
    return [_table_of(path) for path in numbered]


def _table_of(path: Path) -> ProtectedTable:
    try:
        return ProtectedTable.model_validate_json(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(path) from error


def _codes_of(folder: Path) -> dict[str, Any]:
    """The code lists a folder's tables were made with."""
    path = folder / "codes.json"
    try:
        codes: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return {"domain": codes["domain"], "hierarchies": codes["hierarchies"]}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _damaged(path) from error


def _damaged(path: Path) -> BadTable:
    return BadTable(
        f"{path} is missing or not as `table` wrote it.",
        remedy="Name the folder as it was written.",
    )


def read_ledger(folders: Sequence[Path]) -> Ledger:
    """All tables of the folders as released, in the order given."""
    ledger = Ledger()
    for folder in folders:
        for number, table in enumerate(read_tables(folder), start=1):
            name = f"{folder.name}/{number}"
            ledger = ledger.with_release(ReleasedTable(release=name, table=table))
    return ledger


def attack_folders(
    folders: Sequence[Path], *, seconds: float | None = None
) -> list[dict[str, Any]]:
    """The interval of every withheld cell, from all the folders' printed facts together.

    Counts are one universe, the sums of each column another. `falls`: a count can be proved to
    be below its table's threshold, though not nought; a sum is known exactly. A secondary count
    that is known but large does not fall; one behind a rounded or noised number falls when it is
    known exactly and below the threshold. `settled`: the exact bounds were found in the time
    given; `low` and `high` are proved in any case.
    """
    every: dict[str | None, list[ProtectedTable]] = {}
    domain: dict[str, tuple[str, ...]] = {}
    hierarchies: dict[str, Hierarchy] = {}
    for folder in folders:
        for table in [*read_tables(folder), *read_tables(folder, "sums")]:
            every.setdefault(table.magnitude, []).append(table)
        codes = _codes_of(folder)
        for variable, listed in codes["domain"].items():
            if domain.setdefault(variable, tuple(listed)) != tuple(listed):
                raise BadTable(
                    DOMAIN_DIFFERS.format(variable), remedy="Attack those of one freeze together."
                )
        for variable, rows in codes["hierarchies"].items():
            hierarchies[variable] = Hierarchy(variable, rows)
    return [c for tables in every.values() for c in _attacked(tables, domain, hierarchies, seconds)]


def _attacked(
    tables: list[ProtectedTable], domain: Mapping[str, tuple[str, ...]],
    hierarchies: Mapping[str, Hierarchy], seconds: float | None,
) -> list[dict[str, Any]]:  # fmt: skip
    facts, shown = printed_facts(tables, domain, hierarchies)
    small = [
        place for place, (table, _) in enumerate(shown)
        if tables[table].altered is not None and facts.low[place] < tables[table].policy.threshold
    ]  # fmt: skip
    found = attack(asking(facts, facts.rows[small]), tables[0].policy, seconds=seconds)
    out = []
    settled = ~(np.isnan(found.low) | np.isnan(found.high))
    for asked, low, high, done in zip(found.rows, *found.proved, settled.tolist(), strict=True):
        table, cell = shown[asked if asked < len(facts) else small[asked - len(facts)]]
        threshold = tables[table].policy.threshold
        exact = tables[table].magnitude is not None
        falls = low == high if exact else high < threshold
        if tables[table].altered is not None:
            falls = 0 < low == high < threshold
        out.append(
            {
                "table": table,
                "of": tables[table].magnitude or "count",
                "codes": list(cell.codes),
                "low": int(low) if math.isfinite(low) else None,
                "high": int(high) if math.isfinite(high) else None,
                "settled": done,
                "falls": bool(falls),
            }
        )
    return out
