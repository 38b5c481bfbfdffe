"""A window as the pages of the form meet it: which code, which questions, where to go on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from survey_service.assisted.visibility import open_for_helper, shown_to_helper
from survey_service.assisted.windows import Mode, Window
from survey_service.collection.code import Code
from survey_service.collection.drafts import Draft
from survey_service.collection.page_parts_place import Place
from survey_service.problems import N_
from survey_service.surveys.form import CompiledForm
from survey_service.web.context import Connection
from survey_service.web.cookies import ASSISTED, CODE, drop_cookie, set_cookie
from survey_service.web.responses import Ready

HAND_OVER, HAND_BACK, OWN_CODE = "/hand-over", "/hand-back", "/hand-over/code"

TO_RESPONDENT = N_("Give the device to the respondent")
BACK_AGAIN = N_("Give the device back")


def in_language(path: str, language: str, **query: str) -> str:
    """The path of one of the window's own pages, which name their language in the query."""
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"{path}?lang={language}{more}"


def clean_slate(connection: Connection, path: str, cookies: Sequence[str] = ()) -> Ready:
    """A 303 after which the browser keeps neither code nor page of the interview.

    Clear-Site-Data empties caches and the pages kept for the back button; the mediator's own
    session stays.
    """
    headers = [(b"location", path.encode("ascii")), (b"clear-site-data", b'"cache", "storage"')]
    gone = [*(drop_cookie(connection, name) for name in (ASSISTED, CODE)), *cookies]
    headers += [(b"set-cookie", line.encode("ascii")) for line in gone]
    return Ready(status=303, headers=headers)


@dataclass(frozen=True)
class Held:
    """The window of this request, behind its gate."""

    window: Window
    wait: Callable[[Window], Awaitable[None]]
    """Closes the window until a PIN opens it."""

    @property
    def code(self) -> Code | None:
        """The code of the interview, if there is one already."""
        return self.window.code

    @property
    def said(self) -> dict[str, str] | None:
        """What the receipt commits to; None where somebody only uses his own code."""
        return None if self.window.mode is Mode.RIGHTS else self.window.said

    @property
    def is_own(self) -> bool:
        """Whether the respondent has the device."""
        return self.window.mode is Mode.OWN

    @property
    def is_helper(self) -> bool:
        """Whether the mediator has it."""
        return self.window.mode is Mode.HELPER

    def keep(self, connection: Connection, code: Code | None) -> str:
        """The Set-Cookie line with this code sealed in it."""
        return set_cookie(connection, ASSISTED, self.window.cookie(code))

    def hand(self, language: str) -> tuple[str, str]:
        """Path and words of the link with which the device changes hands."""
        if self.is_helper:
            return in_language(HAND_OVER, language), TO_RESPONDENT
        return in_language(HAND_BACK, language), BACK_AGAIN

    def shown(self, form: CompiledForm, draft: Draft) -> frozenset[str] | None:
        """The questions that may be shown now; None for all."""
        return shown_to_helper(form, draft.own) if self.is_helper else None

    async def after_saving(self, form: CompiledForm, draft: Draft, place: Place) -> str | None:
        """Where the form goes on: to what nobody answered yet.

        Where the respondent's own part ends and the helper's begins, the window waits for the PIN
        first: from then on whoever gets the device finds nothing to look at.
        """
        following = form.first_open(draft.answers, draft.purposes)
        if following is None:
            return place.at("check")
        if self.is_helper:
            shown = shown_to_helper(form, draft.own)
            return (
                place.at(f"q/{following}")
                if following in shown
                else self.for_helper(form, draft, place)
            )
        if not self.is_own:
            return None
        if self.window.alone or following not in shown_to_helper(form, draft.own):
            return place.at(f"q/{following}")
        await self.wait(self.window)
        return in_language(HAND_BACK, place.language)

    def for_helper(self, form: CompiledForm, draft: Draft, place: Place) -> str:
        """Where a helper goes instead of to a question that is not for him."""
        following = open_for_helper(form, draft) if self.window.later else None
        if following is not None:
            return place.at(f"q/{following}")
        return in_language(HAND_OVER, place.language)
