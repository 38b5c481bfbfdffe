"""The person behind a request, as every room sees him."""

from __future__ import annotations

from schemas.vocabulary import Frozen, Role


class Person(Frozen):
    """Somebody signed in: by a session of the pages, or by a token of the API.

    `session_id` and `token_id` are the stored references (never what the browser or the
    programme holds). `scopes` is None for a session: it may do all the role may; for a token it
    holds the permissions the token was made with, as far as the role still has them.
    `handed_over` names the window in which a respondent has the device: no page of staff opens
    until it is back.
    """

    id: str
    username: str
    role: Role
    session_id: str | None = None
    token_id: str | None = None
    scopes: frozenset[str] | None = None
    handed_over: str | None = None

    def holds(self, permissions: frozenset[str], wanted: str) -> bool:
        """True if `wanted` is among the role's `permissions` and the token's scopes allow it."""
        return wanted in permissions and (self.scopes is None or wanted in self.scopes)
