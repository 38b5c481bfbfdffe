"""A device that the office lends for an interview, where the form is another part's.

What the office says (begin an interview in this survey) and what the front says (the device is
back) travel in one cookie of the mediator's browser, signed. Neither names a mediator, a code or
a draft: `loan` is drawn for this one interview, the office alone knows whose session it locks, and
the front alone knows which window it opened.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Annotated, Literal, TypeVar

from pydantic import StringConstraints, ValidationError

from schemas.vocabulary import Frozen
from survey_service.stores.envelopes import mac

REDEEMED_WITHIN = timedelta(minutes=2)
OUT_AT_MOST = timedelta(days=2)
"""A window ends when the day after it was opened is over."""
LONGEST = 1000

LoanId = Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{26}$")]


class Loan(Frozen):
    """The office's word: this device may begin; `said` is for the receipt and names nobody."""

    loan: LoanId
    kind: Literal["interview", "rights"]
    slug: str
    language: str
    said: dict[str, str]
    lent_at: datetime

    def may_begin(self, now: datetime) -> bool:
        """Whether it is soon enough to begin with it."""
        return now < self.lent_at + REDEEMED_WITHIN

    def may_be_out(self, now: datetime) -> bool:
        """Whether a respondent may still have the device."""
        return now < self.lent_at + OUT_AT_MOST


class GivenBack(Frozen):
    """The front's word: nothing of this loan is open any more; `handed`: a respondent had it."""

    loan: LoanId
    slug: str
    handed: bool


Said = TypeVar("Said", Loan, GivenBack)


class LoanSeals:
    """Signs and reads both words, with a key that office and front share.

    That either could forge the other's word gives neither anything: the front opens windows and
    the office locks sessions without being asked.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, word: Loan | GivenBack) -> str:
        """Return what the cookie holds."""
        body = urlsafe_b64encode(word.model_dump_json().encode()).decode().rstrip("=")
        return f"{body}.{self._mark(type(word), body)}"

    def read(self, kind: type[Said], cookie: str | None) -> Said | None:
        """Return the word of this kind that a cookie holds; None for any other or a forged one."""
        body, _, mark = (cookie or "").partition(".")
        if not body or len(body) > LONGEST or not mark.isascii():
            return None
        if not hmac.compare_digest(mark, self._mark(kind, body)):
            return None
        try:
            octets = urlsafe_b64decode(body + "=" * (-len(body) % 4))
            return kind.model_validate_json(octets)
        except (ValueError, ValidationError):
            return None

    def _mark(self, kind: type[Loan | GivenBack], body: str) -> str:
        return mac(self._key, f"loan/v1/{kind.__name__}\0{body}".encode()).hex()
