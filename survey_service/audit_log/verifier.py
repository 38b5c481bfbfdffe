"""Checks an exported audit log against a saved checkpoint, offline and on its own.

This file needs Python and `cryptography`, and imports nothing of the platform: copied to another
machine it checks an export without trusting the code that made it. That is why it is one file,
longer than others, and repeats in its own words what `merkle.py` and `note.py` do.

    python verifier.py EXPORT.zip --checkpoint SAVED.txt --key "NAME+ID+KEY"
    python verifier.py ENTRY.json --proof ENTRY.tlog-proof --key "NAME+ID+KEY"
    python verifier.py CERTIFICATE.json --certificate --key "NAME+ID+KEY"

Exit codes: 0 everything holds; 1 something was changed, or the checkpoint is not the log's;
2 bad usage or unreadable input.

Source: RFC 9162, 2.1; C2SP signed-note, tlog-checkpoint and tlog-proof.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CERTIFICATE = "equality-survey/erasure-certificate/v1"
PARTS = ("entries.jsonl", "leaf-hashes.txt", "details.jsonl", "checkpoint.txt")


class Unreadable(Exception):
    """The input is not what it should be; exit code 2."""


@dataclass
class Report:
    """What was found. `first_bad` counts from 0, as `seq` in the entries does."""

    holds: bool = True
    entries: int = 0
    checkpoint_size: int | None = None
    first_bad: int | None = None
    findings: list[str] = field(default_factory=list)

    def find(self, words: str, index: int | None = None) -> None:
        """Keep a finding and the first place one can be named for."""
        self.holds = False
        self.findings.append(words)
        if index is not None and self.first_bad is None:
            self.first_bad = index


@dataclass(frozen=True)
class Key:
    """The log's public key, parsed from `name+keyid+base64`."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        """Return the key; raises Unreadable if the text is not one or contradicts itself."""
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except ValueError as error:
            raise Unreadable("the key is not of the form name+keyid+base64") from error
        computed = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
        if len(raw) != 33 or raw[0] != 1 or computed.hex() != key_id:
            raise Unreadable("the key is not an Ed25519 key that fits its own key id")
        return cls(name, computed, raw[1:])

    def open(self, note: str) -> tuple[int, bytes] | None:
        """Return size and root of a checkpoint this key signed, else None."""
        lines = note.rpartition("\n\n")[0].split("\n")
        if len(lines) < 3 or not lines[1].isdecimal():
            raise Unreadable("the checkpoint is not a signed note of three lines")
        if self.signed(note) is None:
            return None
        return int(lines[1]), base64.b64decode(lines[2])

    def signed(self, note: str) -> str | None:
        """Return the text of a note this key signed, else None."""
        text, gap, signatures = note.rpartition("\n\n")
        text += "\n"
        if not gap:
            raise Unreadable("this is not a signed note")
        for line in signatures.splitlines():
            parts = line.split(" ")
            if len(parts) != 3 or parts[:2] != ["—", self.name]:
                continue
            value = base64.b64decode(parts[2])
            if value[:4] != self.key_id:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(self.public).verify(value[4:], text.encode())
            except InvalidSignature:
                return None
            return text
        return None


def _leaf(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The root of a growing list of leaves."""

    def __init__(self) -> None:
        self.peaks: list[tuple[int, bytes]] = []
        self.size = 0

    def add(self, value: bytes) -> None:
        """Take the next leaf hash."""
        height = 0
        while self.peaks and self.peaks[-1][0] == height:
            value = _node(self.peaks.pop()[1], value)
            height += 1
        self.peaks.append((height, value))
        self.size += 1

    def root(self) -> bytes:
        """Return the root of what was taken so far."""
        value: bytes | None = None
        for _height, peak in reversed(self.peaks):
            value = peak if value is None else _node(peak, value)
        return hashlib.sha256(b"").digest() if value is None else value


@contextmanager
def _parts(export: Path) -> Iterator[dict[str, IO[bytes]]]:
    """Yield the files of an export; a bare .jsonl is the entries alone."""
    if not zipfile.is_zipfile(export):
        with export.open("rb") as entries:
            yield {"entries.jsonl": entries}
        return
    with zipfile.ZipFile(export) as archive, ExitStack() as opened:
        names = [name for name in archive.namelist() if name in PARTS]
        yield {name: opened.enter_context(archive.open(name)) for name in names}


def _lines(file: IO[bytes] | None) -> Iterator[bytes]:
    for line in file or ():
        if not line.endswith(b"\n"):
            raise Unreadable("the export ends in the middle of a line")
        yield line[:-1]


def _own_words(line: bytes, index: int, before: str) -> tuple[str, str]:
    """Return (what is wrong with an entry by itself or "", its time)."""
    try:
        entry: dict[str, Any] = json.loads(line)
        written = json.dumps(entry, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        time = str(entry["time"])
        if written.encode() != line:
            return "is not written in the log's one way", before
        if entry["seq"] != index:
            return "does not carry its own number: an entry is missing or was moved", before
    except (ValueError, KeyError, TypeError):
        return "cannot be read", before
    return ("carries a time before the entry before it" if time < before else ""), time


def check_export(export: Path, note: str, key: Key) -> Report:
    """Return what the export says of itself and of the saved checkpoint.

    Raises:
        Unreadable: a file is not what it should be.
    """
    report = Report()
    with _parts(export) as files:
        if "entries.jsonl" not in files:
            raise Unreadable("the export holds no entries.jsonl")
        roots = _stated_roots(files, note, key, report)
        listed = _lines(files.get("leaf-hashes.txt"))
        details = dict(_details(files.get("details.jsonl")))
        tree, before = Tree(), ""
        for index, line in enumerate(_lines(files["entries.jsonl"])):
            wrong, before = _own_words(line, index, before)
            if wrong:
                report.find(f"entry {index} {wrong}", index)
            if "leaf-hashes.txt" in files and next(listed, b"").decode() != _leaf(line).hex():
                report.find(f"entry {index} is not the one its hash was taken of", index)
            if index in details and f'"detail":"{details[index]}"'.encode() not in line:
                report.find(f"the reason kept beside entry {index} is not its own", index)
            tree.add(_leaf(line))
            for name, root in roots.get(tree.size, ()):
                if root != tree.root():
                    report.find(f"something in the first {tree.size} entries differs from {name}")
    report.entries = tree.size
    for size, stated in roots.items():
        if size > tree.size:
            names = " and ".join(name for name, _root in stated)
            report.find(f"entries are missing: {names} covers {size}, here are {tree.size}")
    return report


def _stated_roots(
    files: dict[str, IO[bytes]], note: str, key: Key, report: Report
) -> dict[int, list[tuple[str, bytes]]]:
    notes = {"the saved checkpoint": note}
    if "checkpoint.txt" in files:
        notes["the export's own checkpoint"] = files["checkpoint.txt"].read().decode()
    roots: dict[int, list[tuple[str, bytes]]] = {}
    for name, text in notes.items():
        stated = key.open(text)
        if stated is None:
            report.find(f"{name} is not signed by this key")
            continue
        if report.checkpoint_size is None:
            report.checkpoint_size = stated[0]
        roots.setdefault(stated[0], []).append((name, stated[1]))
    return roots


def _details(file: IO[bytes] | None) -> Iterator[tuple[int, str]]:
    for line in _lines(file):
        try:
            kept = json.loads(line)
            nonce, text = bytes.fromhex(kept["nonce"]), kept["text"].encode()
            digest = hashlib.sha256(b"audit-detail/v1" + nonce + text).hexdigest()
            yield int(kept["seq"]), digest
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Unreadable("details.jsonl cannot be read") from error


def check_entry(entry: bytes, proof: str, key: Key) -> Report:
    """Return whether one entry lies in the log, by its `.tlog-proof` alone.

    Raises:
        Unreadable: the proof is not one.
    """
    head, _gap, note = proof.partition("\n\n")
    lines = head.split("\n")
    if len(lines) < 2 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("index "):
        raise Unreadable("the proof is not a tlog-proof")
    index, path = int(lines[1][6:]), [base64.b64decode(line) for line in lines[2:]]
    report = Report(entries=1)
    stated = key.open(note)
    if stated is None:
        report.find("the proof's checkpoint is not signed by this key")
        return report
    report.checkpoint_size = stated[0]
    if _climb(_leaf(entry.removesuffix(b"\n")), index, stated[0], path) != stated[1]:
        report.find(f"this is not entry {index} of the log", index)
    return report


def check_certificate(text: str, key: Key) -> Report:
    """Return whether a certificate of erasure is signed, and rests on an entry of the log.

    Raises:
        Unreadable: the file is not a certificate.
    """
    try:
        found = json.loads(text)
        note, entry, proof = found["certificate"], found["entry"], found["proof"]
        signed = key.signed(note)
        report = check_entry(entry.encode(), proof, key)
        logged = json.loads(entry)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable("this is not a certificate of erasure") from error
    heading, _, body = (signed or "").partition("\n")
    if heading != CERTIFICATE:
        report.find("the certificate is not signed by this key")
        return report
    says = json.loads(body)
    stated = {
        "seq": says["log_index"],
        "act": "erasures_batched",
        "ref": "/".join((says["scope"], says["purpose"], says["store"])),
        "rows": says["rows_floored_to_ten"],
        "tombstones": says["tombstones"],
        "day": says["day"],
    }
    entered = {
        "seq": logged["seq"],
        "act": logged["act"],
        "ref": logged["object"]["ref"],
        "rows": logged["counts"].get("rows_floored_to_ten"),
        "tombstones": logged["hashes"].get("tombstones"),
        "day": logged["time"][:10],
    }
    for name, value in stated.items():
        if entered[name] != value:
            report.find(f"the certificate and the log's entry differ in {name}")
    return report


def _climb(value: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    place, last = index, size - 1
    for sibling in path:
        if last == 0:
            return None
        if place & 1 or place == last:
            value = _node(sibling, value)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            value = _node(value, sibling)
        place, last = place >> 1, last >> 1
    return value if last == 0 and 0 <= index < size else None


def main(arguments: list[str] | None = None) -> int:
    """Check what the command line names, print the findings and return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("export", type=Path, help="export.zip, entries.jsonl, or one entry")
    parser.add_argument("--checkpoint", type=Path, help="the checkpoint you saved")
    parser.add_argument("--proof", type=Path, help="the .tlog-proof of one entry")
    parser.add_argument("--certificate", action="store_true", help="a certificate of erasure")
    parser.add_argument("--key", required=True, help="the log's public key, or a file with it")
    parser.add_argument("--json", action="store_true", help="print the result for machines")
    options = parser.parse_args(arguments)
    if bool(options.checkpoint) + bool(options.proof) + options.certificate != 1:
        parser.error("name a --checkpoint for an export, a --proof for an entry, or --certificate")
    try:
        report = run(options.export, options.key, options.checkpoint, options.proof)
    except (Unreadable, OSError, ValueError, zipfile.BadZipFile) as error:
        print(f"Cannot check: {error}", file=sys.stderr)
        return 2
    print_report(report, sys.stdout, as_json=options.json)
    return 0 if report.holds else 1


def run(export: Path, key: str, checkpoint: Path | None, proof: Path | None = None) -> Report:
    """Return the report on files; `key` is the key's text or a file that holds it.

    Without checkpoint and proof the file is a certificate of erasure.
    """
    if "+" not in key or Path(key).is_file():
        key = Path(key).read_text(encoding="utf-8")
    trusted = Key.parse(key)
    if checkpoint is not None:
        return check_export(export, checkpoint.read_text(encoding="utf-8"), trusted)
    if proof is None:
        return check_certificate(export.read_text(encoding="utf-8"), trusted)
    return check_entry(export.read_bytes(), proof.read_text(encoding="utf-8"), trusted)


def print_report(report: Report, out: io.TextIOBase | IO[str], *, as_json: bool = False) -> None:
    """Write the report in words or as JSON."""
    if as_json:
        out.write(json.dumps(asdict(report)) + "\n")
        return
    for words in report.findings:
        out.write(f"BROKEN: {words}\n")
    if report.first_bad is not None:
        out.write(f"First bad entry: {report.first_bad}\n")
    if report.holds:
        size = report.checkpoint_size
        out.write(f"Everything holds: {report.entries} entries, checkpoint over {size}.\n")


if __name__ == "__main__":
    sys.exit(main())
