"""The three parts of an installation, and what each may reach.

A part is a process that may run under an operating-system user and database roles of its own.
Who takes over one part holds what is named for it here, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Part(StrEnum):
    """A process of an installation whose parts are separate."""

    FRONT = "front"
    OFFICE = "office"
    SETTLE = "settle"


# The front seals, finds rows by their tags and marks what was erased. None of its keys opens
# anything: what it reads, a respondent's code has opened.
KEYS_OF: Mapping[Part, frozenset[str]] = {
    Part.FRONT: frozenset(
        {
            "pepper-drafts",
            "pepper-inbox",
            "pepper-vault",
            "pepper-answers",
            "receipt-signing",
            "invitation-slips",
            "once-keys",
            "device-loans",
            "tombstones",
        }
    ),
    Part.OFFICE: frozenset(
        {
            "office-wrap-freezes",
            "audit-actors",
            "audit-details",
            "audit-signing",
            "second-factors",
            "invitation-slips",
            "device-loans",
        }
    ),
    Part.SETTLE: frozenset(
        {
            "pepper-drafts",
            "pepper-inbox",
            "pepper-vault",
            "pepper-answers",
            "office-wrap-vault",
            "office-wrap-answers",
            "office-wrap-freezes",
            "row-key-names",
            "settle-keys",
            "tombstones",
            "audit-signing",
        }
    ),
}

# Secrets that two parts hold and that a ceremony replaces lie once, where the part that replaces
# them writes and the other reads, so that both see the new one at the same moment.
SHARED_KEYS = frozenset({"office-wrap-freezes"})
SHARED_FOLDER = "records"

# Which part carries out a ceremony about a secret: the one whose folder it lies in.
REPLACED_BY: Mapping[Part, frozenset[str]] = {
    Part.OFFICE: frozenset({"audit-details"}),
    Part.SETTLE: frozenset(
        {"office-wrap-vault", "office-wrap-answers", "office-wrap-freezes", "settle-keys"}
    ),
}

STORES_OF: Mapping[Part, tuple[str, ...]] = {
    Part.FRONT: ("drafts", "inbox", "vault", "answers", "office"),
    Part.OFFICE: ("answers", "keys", "office", "audit"),
    Part.SETTLE: ("drafts", "inbox", "vault", "answers", "keys", "office", "audit"),
}

# Who brings a store up to date; the others refuse to start on an old one.
OWNER_OF: Mapping[str, Part] = {
    "drafts": Part.SETTLE,
    "inbox": Part.SETTLE,
    "vault": Part.SETTLE,
    "answers": Part.SETTLE,
    "keys": Part.SETTLE,
    "office": Part.OFFICE,
    "audit": Part.OFFICE,
}
