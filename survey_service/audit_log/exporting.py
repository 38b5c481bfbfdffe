"""The whole log as one file that can be checked elsewhere, without this platform."""

from __future__ import annotations

import zipfile
from typing import IO, Any

from survey_service.audit_log import merkle
from survey_service.audit_log.appending import Appender, stored_node, tree_size
from survey_service.audit_log.checking import StoredLeaf
from survey_service.audit_log.entries import canonical
from survey_service.audit_log.note import Verifier
from survey_service.audit_log.reading import CHUNK, leaves, notes
from survey_service.audit_log.references import Details
from survey_service.stores.store import Store
from survey_service.stores.transactions import Tx

README = """This is the audit log, entry by entry, with a signed checkpoint over it.

entries.jsonl     one entry per line, byte for byte as the log's tree holds it
leaf-hashes.txt   the hash of each entry, so that a changed one can be named
details.jsonl     reasons in free words, where they were not erased; an entry commits to its own
checkpoint.txt    the signed checkpoint over these entries
consistency.json  the proof that the log only grew since the checkpoint before
key.txt           the public key; trust the copy you were given apart from this file

To check it:  equality-survey audit-log verify THIS.zip --checkpoint SAVED.txt --key KEY
"""


def write_export(
    out: IO[bytes], store: Store, appender: Appender, verifier: Verifier, details: Details
) -> int:
    """Write the export as a zip and return how many entries it holds."""
    size, note, growth = store.write_now(lambda tx: _heads(tx, appender))
    hashes = bytearray()
    reasons: list[bytes] = []
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", README)
        archive.writestr("key.txt", f"{verifier}\n")
        archive.writestr("checkpoint.txt", note)
        archive.writestr("consistency.json", canonical(growth) + b"\n")
        with archive.open("entries.jsonl", "w") as entries:
            for start in range(0, size, CHUNK):
                for leaf in _chunk(store, start, min(start + CHUNK, size)):
                    entries.write(leaf.entry + b"\n")
                    # The hash that is stored, not one made now: it names an entry changed since.
                    hashes += leaf.hash.hex().encode() + b"\n"
                    reasons += _reason(details, leaf)
        archive.writestr("leaf-hashes.txt", bytes(hashes))
        archive.writestr("details.jsonl", b"".join(reasons))
    return size


def _chunk(store: Store, start: int, end: int) -> list[StoredLeaf]:
    return store.read_now(lambda tx: leaves(tx, start, end))


def _heads(tx: Tx, appender: Appender) -> tuple[int, str, dict[str, Any]]:
    """Return the size, the checkpoint over it, and the proof from the checkpoint before."""
    note = appender.checkpoint(tx)
    size = tree_size(tx)
    earlier = [(at, kept) for at, kept in notes(tx) if at < size]
    old, old_note = earlier[-1] if earlier else (0, None)
    path = merkle.consistency_proof(old, size, stored_node(tx))
    growth = {"old": old_note, "new": note, "hashes": [value.hex() for value in path]}
    return size, note, growth


def _reason(details: Details, leaf: StoredLeaf) -> list[bytes]:
    if leaf.nonce is None or leaf.ciphertext is None:
        return []
    text = details.open(leaf.seq, leaf.nonce, leaf.ciphertext)
    if text is None:
        return []
    return [canonical({"seq": leaf.seq, "nonce": leaf.nonce.hex(), "text": text}) + b"\n"]
