"""A submission as bytes: a part for each store, and the copy that the code opens."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import to_json

from survey_service.collection.code import CodeKeys


@dataclass(frozen=True)
class Submission:
    """What somebody sent; each value is JSON already."""

    wave: str
    answers: bytes
    consent: bytes
    contact: bytes

    @classmethod
    def read(cls, copy: bytes) -> Submission:
        """Return what a respondent's own copy says."""
        found = json.loads(copy)
        return cls(
            found["wave"],
            to_json(found["answers"]),
            to_json(found["consent"]),
            to_json(found["contact"]),
        )

    def changed(
        self, *, answers: dict[str, Any], consent: dict[str, Any], contact: Any
    ) -> Submission:
        """Return the revision with this content."""
        return replace(
            self, answers=to_json(answers), consent=to_json(consent), contact=to_json(contact)
        )

    def parts(self, keys: CodeKeys, consent_tag: bytes, answers_tag: bytes) -> tuple[bytes, ...]:
        """Return the consent part, the answer part and the own copy, ready to be sealed."""
        return (
            _part(consent_tag, keys.consent_key, record=self.consent, contact=self.contact),
            _part(answers_tag, keys.response_key, body=self.answers),
            _joined(
                wave=to_json(self.wave),
                answers=self.answers,
                consent=self.consent,
                contact=self.contact,
            ),
        )


def _part(tag: bytes, key: bytes, **content: bytes) -> bytes:
    return _joined(tag=_hex(tag), key=_hex(key), **content)


def _hex(octets: bytes) -> bytes:
    return b'"%b"' % octets.hex().encode("ascii")


def _joined(**members: bytes) -> bytes:
    """The JSON object of these members, each of which is JSON already."""
    return b"{%b}" % b",".join(b'"%b":%b' % (n.encode(), text) for n, text in members.items())
