"""A submission as bytes: a part for each store, and the copy that the code opens."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from pydantic_core import to_json

from survey_service.collection.code import CodeKeys
from survey_service.stores.canonical import canonical
from survey_service.stores.errors import EnvelopeBroken

FRAMED = b"\x01"
"""How a part begins since it is no JSON document any more, which begins with a brace."""

_TAG, _KEY, _MEMBERS = slice(1, 33), slice(33, 65), 65


class Part(NamedTuple):
    """What settle opens: where a row belongs, the code's key to it, and its members as JSON."""

    tag: bytes
    code_key: bytes
    members: tuple[bytes, ...]

    def written(self) -> bytes:
        """Return the bytes that are sealed; each member stands behind its length."""
        pieces = [FRAMED, self.tag, self.code_key]
        for member in self.members:
            pieces += (len(member).to_bytes(4, "big"), member)
        return b"".join(pieces)

    @classmethod
    def read(cls, text: bytes) -> Part:
        """Return the part; what it says is not looked at.

        Raises:
            EnvelopeBroken: its lengths do not fit.
        """
        if text[:1] != FRAMED:
            return _of_json(text)
        members, at = [], _MEMBERS
        while at + 4 <= len(text):
            (length,) = struct.unpack_from(">I", text, at)
            members.append(text[at + 4 : at + 4 + length])
            at += 4 + length
        if at != len(text):
            raise EnvelopeBroken("a part of a submission is not whole")
        return cls(text[_TAG], text[_KEY], tuple(members))


def _of_json(text: bytes) -> Part:
    """Read a part as it was before; one may have waited while the service was renewed."""
    found = json.loads(text)
    members = (found[name] for name in ("record", "contact", "body") if name in found)
    return Part(
        bytes.fromhex(found["tag"]),
        bytes.fromhex(found["key"]),
        tuple(canonical(member) for member in members),
    )


@dataclass(frozen=True)
class Submission:
    """What somebody sent; each value is canonical JSON already."""

    wave: str
    answers: bytes
    consent: bytes
    contact: bytes
    escrow: bytes | None = None
    """A cell of `consent/lost_codes.py`, in a wave with escrow; no JSON."""

    @classmethod
    def read(cls, copy: bytes) -> Submission:
        """Return what a respondent's own copy says."""
        found = json.loads(copy)
        return cls(
            found["wave"],
            canonical(found["answers"]),
            canonical(found["consent"]),
            canonical(found["contact"]),
            bytes.fromhex(found["escrow"]) if "escrow" in found else None,
        )

    def changed(
        self,
        *,
        answers: dict[str, Any],
        consent: dict[str, Any],
        contact: Any,
        escrow: bytes | None = None,
    ) -> Submission:
        """Return the revision with this content; without `escrow` its cell stays as it is."""
        return replace(
            self,
            answers=canonical(answers),
            consent=canonical(consent),
            contact=canonical(contact),
            escrow=self.escrow if escrow is None else escrow,
        )

    def parts(self, keys: CodeKeys, consent_tag: bytes, answers_tag: bytes) -> tuple[bytes, ...]:
        """Return the consent part, the answer part and the own copy, ready to be sealed."""
        vault: tuple[bytes, ...] = (self.consent, self.contact)
        more = b""
        if self.escrow is not None:
            vault, more = (*vault, self.escrow), b',"escrow":"%b"' % self.escrow.hex().encode()
        return (
            Part(consent_tag, keys.consent_key, vault).written(),
            Part(answers_tag, keys.response_key, (self.answers,)).written(),
            # Each member is JSON already.
            b'{"wave":%b,"answers":%b,"consent":%b,"contact":%b%b}'
            % (to_json(self.wave), self.answers, self.consent, self.contact, more),
        )
