"""Signed notes and checkpoints as C2SP defines them, with Ed25519.

A checkpoint is a note of three lines (origin, size, root) under one signature. It is small enough
to paste or print, and whoever keeps one can later tell whether the log was only added to.

Source: C2SP signed-note v1.0.0, tlog-checkpoint, tlog-proof; RFC 8032 for Ed25519.
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from schemas.vocabulary import Frozen

ED25519 = b"\x01"
LONGEST_NOTE = 100_000
_SIGNATURE = re.compile(r"— (?P<name>[^\s+]+) (?P<value>[A-Za-z0-9+/]+={0,2})")


class NoteRefused(Exception):
    """A note is not one, or no key we trust has signed it; the message says which."""


class Verifier:
    """A trusted public key under its name; written `name+keyid+base64`."""

    def __init__(self, name: str, public: bytes) -> None:
        if not name or re.search(r"[\s+]", name):
            raise NoteRefused("a key's name holds no space and no plus")
        self.name = name
        self.public = public
        self.key_id = sha256(name.encode() + b"\n" + ED25519 + public).digest()[:4]
        self._key = Ed25519PublicKey.from_public_bytes(public)

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Return the key written as `name+keyid+base64`.

        Raises:
            NoteRefused: it is not such a text, or its parts contradict each other.
        """
        try:
            name, key_id, encoded = text.strip().split("+", 2)
            raw = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error) as error:
            raise NoteRefused("this is not a public key of a signed note") from error
        if len(raw) != 33 or raw[:1] != ED25519:
            raise NoteRefused("only Ed25519 keys are known here")
        key = cls(name, raw[1:])
        if key.key_id.hex() != key_id:
            raise NoteRefused("the key does not fit its own key id")
        return key

    def __str__(self) -> str:
        encoded = base64.b64encode(ED25519 + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    def open(self, note: str) -> str:
        """Return the text of a note this key has signed.

        Raises:
            NoteRefused: not a note, not signed by this key, or the signature is wrong.
        """
        text, signatures = _parts(note)
        for name, key_id, signature in signatures:
            if name == self.name and key_id == self.key_id:
                try:
                    self._key.verify(signature, text.encode())
                except InvalidSignature as error:
                    raise NoteRefused("the signature does not fit the note") from error
                return text
        raise NoteRefused("the note is not signed by this log's key")


class Signer:
    """The private side of a verifier, from 32 secret bytes."""

    def __init__(self, name: str, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.verifier = Verifier(name, public)

    def sign(self, text: str) -> str:
        """Return the text as a note with this key's signature.

        Raises:
            NoteRefused: the text does not end in a newline, or holds a control character.
        """
        if not text.endswith("\n") or re.search(r"[\x00-\x09\x0b-\x1f]", text):
            raise NoteRefused("a note ends in a newline and holds no control character")
        value = base64.b64encode(self.verifier.key_id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.verifier.name} {value}\n"


def _parts(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    if len(note) > LONGEST_NOTE or re.search(r"[\x00-\x09\x0b-\x1f]", note):
        raise NoteRefused("this is not a signed note")
    text, gap, tail = note.rpartition("\n\n")
    lines = tail.split("\n")
    if not gap or lines.pop() != "" or not 1 <= len(lines) <= 100:
        raise NoteRefused("this is not a signed note")
    signatures = []
    for line in lines:
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise NoteRefused("this is not a signed note")
        try:
            value = base64.b64decode(match["value"], validate=True)
        except binascii.Error as error:
            raise NoteRefused("this is not a signed note") from error
        signatures.append((match["name"], value[:4], value[4:]))
    return text + "\n", signatures


class Checkpoint(Frozen):
    """What a log says of itself at one size; `root` is the Merkle root in hexadecimal."""

    origin: str
    size: int
    root: str

    def text(self) -> str:
        """Return the body of the note."""
        encoded = base64.b64encode(bytes.fromhex(self.root)).decode()
        return f"{self.origin}\n{self.size}\n{encoded}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Return the checkpoint a note's text states; further lines are ignored.

        Raises:
            NoteRefused: the text is not a checkpoint.
        """
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]{0,15}", lines[1]):
            raise NoteRefused("this is not a checkpoint")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except binascii.Error as error:
            raise NoteRefused("this is not a checkpoint") from error
        if len(root) != 32:
            raise NoteRefused("this is not a checkpoint")
        return cls(origin=lines[0], size=int(lines[1]), root=root.hex())


def proof_text(index: int, hashes: list[bytes], note: str) -> str:
    """Return a `.tlog-proof`: one entry's inclusion, checkable without the log."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}"]
    lines += [base64.b64encode(value).decode() for value in hashes]
    return "\n".join(lines) + "\n\n" + note
