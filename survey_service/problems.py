"""Every error people can see: one type, one status, words in plain language.

Rooms raise these; `web/error_pages.py` shows them as a page or as an RFC 9457 document.
Titles, details and field messages are source texts (msgids) that are translated when shown.
No answer, name or SQL ever stands in one.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import ClassVar

Values = Mapping[str, str | int]


def N_(message: str) -> str:  # noqa: N802 - the name gettext tools look for
    """The text itself, marked for translation."""
    return message


@dataclasses.dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field, and what would be right.

    `field` is the form's or the document's field name; message and remedy are source texts
    with `%(name)s` places that `values` fills.
    """

    field: str
    message: str
    remedy: str = ""
    values: Values = dataclasses.field(default_factory=dict)


class Problem(Exception):
    """The root of all errors that people may see."""

    slug: ClassVar[str] = "unexpected"
    status: ClassVar[int] = 500
    title: ClassVar[str] = N_("Something went wrong on our side")
    explanation: ClassVar[str] = N_("Nothing you did caused this. Please try again in a while.")

    def __init__(
        self,
        detail: str | None = None,
        *,
        fields: Iterable[FieldError] = (),
        values: Values | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the words (a source text) and what fills their places."""
        super().__init__(self.slug)
        self.detail = self.explanation if detail is None else detail
        self.fields = list(fields)
        self.values: Values = values or {}
        self.headers = dict(headers or {})

    @property
    def type(self) -> str:
        """The URI reference that names this kind of problem (RFC 9457, 3.1.1)."""
        return f"/problems/{self.slug}"


class Unexpected(Problem):
    """Whatever nobody foresaw."""


class Malformed(Problem):
    """The request cannot be read."""

    slug = "malformed"
    status = 400
    title = N_("We could not read what was sent")
    explanation = N_("Please go back and try again.")


class NotSignedIn(Problem):
    """The route needs somebody who is signed in."""

    slug = "not-signed-in"
    status = 401
    title = N_("Please sign in")
    explanation = N_("This page is for people who work here.")


class Forbidden(Problem):
    """Signed in, but not allowed."""

    slug = "forbidden"
    status = 403
    title = N_("You may not open this page")
    explanation = N_("Your role does not include it.")


class HandedOver(Problem):
    """A respondent has the device: no page of staff opens on it."""

    slug = "handed-over"
    status = 403
    title = N_("This device is with a respondent")
    explanation = N_("It opens for you again when the respondent has given it back with his PIN.")


class ForeignOrigin(Problem):
    """A form was sent from somebody else's page."""

    slug = "foreign-origin"
    status = 403
    title = N_("This form was not sent from our own page")
    explanation = N_("Nothing was changed. Please open the page here and try again.")


class FormExpired(Problem):
    """The form does not belong to the present session."""

    slug = "form-expired"
    status = 403
    title = N_("This page was open for too long")
    explanation = N_("Nothing was changed. Please go back, load the page again and repeat.")


class NotFound(Problem):
    """Nothing is there, or nothing that this person may know of."""

    slug = "not-found"
    status = 404
    title = N_("There is no such page")
    explanation = N_("The address may be mistyped, or the page is gone.")


class MethodNotAllowed(Problem):
    """The page is there, but not for this kind of request."""

    slug = "method-not-allowed"
    status = 405
    title = N_("This page cannot be used like that")
    explanation = N_("Please go back and use the buttons on the page.")


class Conflict(Problem):
    """The thing has changed, or is in a state that does not allow this."""

    slug = "conflict"
    status = 409
    title = N_("This cannot be done now")
    explanation = N_("Something has changed in the meantime. Please look at the page again.")


class SurveyClosed(Conflict):
    """The survey takes no answers at present."""

    slug = "survey-closed"
    title = N_("This survey is not open")
    explanation = N_("It takes no answers at the moment. Answers already given are not affected.")


class AlreadySubmitted(Conflict):
    """The answers were sent already."""

    slug = "already-submitted"
    title = N_("These answers were already sent")
    explanation = N_("With your code you can still see and erase them.")


class NoticeChanged(Conflict):
    """The decisions were made under an earlier version of the notice."""

    slug = "notice-changed"
    title = N_("The notice has changed")
    explanation = N_("Your answers are kept. Please read the notice and decide again.")


class AssentAwaited(Conflict):
    """A parent has agreed, and the young person has not decided yet."""

    slug = "assent-awaited"
    title = N_("You have not decided yet")
    explanation = N_("A parent has agreed. Now it is for you to decide.")


class NotAdmitted(Conflict):
    """An invitation is missing or used, or this person has taken part; which, is not told."""

    slug = "not-admitted"
    title = N_("These answers cannot be taken")
    explanation = N_(
        "This survey takes each person once, by invitation. If you have answered before, use your "
        "code. If not, ask whoever gave you the invitation. You can still delete what you wrote."
    )


class Gone(Problem):
    """It was there and was taken back."""

    slug = "gone"
    status = 410
    title = N_("This page was taken back")
    explanation = N_("It is no longer available.")


class TooLarge(Problem):
    """More was sent than we take."""

    slug = "too-large"
    status = 413
    title = N_("Too much was sent at once")
    explanation = N_("Please send less than one megabyte.")


class UnsupportedMedia(Problem):
    """The wrong kind of body."""

    slug = "unsupported-media-type"
    status = 415
    title = N_("This kind of content is not accepted here")
    explanation = N_("Pages take forms; the programming interface takes application/json.")


class InvalidInput(Problem):
    """Some fields do not hold what they must."""

    slug = "invalid-input"
    status = 422
    title = N_("Some of this is not right yet")
    explanation = N_("Please look at the marked places.")

    def __init__(self, fields: Iterable[FieldError] = (), detail: str | None = None) -> None:
        """Name the fields first: they are what this problem is about."""
        super().__init__(detail, fields=fields)


class CodeMistyped(InvalidInput):
    """A code whose check symbols do not fit; `groups` (of 1 to 5) are where, if it can be told."""

    slug = "code-mistyped"

    def __init__(self, *groups: int) -> None:
        """Say which group of five to look at."""
        self.groups = groups
        remedy = N_("Please compare it with the code you kept.")
        if not groups:
            error = FieldError("code", N_("The code is mistyped."), remedy)
        elif len(groups) == 1:
            message = N_("The code is mistyped in group %(group)s.")
            error = FieldError("code", message, remedy, {"group": groups[0]})
        else:
            message = N_("The code is mistyped in one of the groups %(groups)s.")
            error = FieldError("code", message, remedy, {"groups": ", ".join(map(str, groups))})
        super().__init__([error])


class TooMany(Problem):
    """Too many requests of this kind in this time."""

    slug = "too-many"
    status = 429
    title = N_("Too many attempts")
    explanation = N_("Please wait a little and try again.")


class NotReady(Problem):
    """Something needed is not there at the moment."""

    slug = "not-ready"
    status = 503
    title = N_("This is not possible at the moment")
    explanation = N_("Please try again in a few minutes.")


class StoreFull(NotReady):
    """Nothing more can be written."""

    slug = "store-full"
    title = N_("Nothing was stored")
    explanation = N_("There is no room left to store it safely. Please try again later.")


class NotTaken(NotReady):
    """A submission that no part can seal at the moment; the draft stays."""

    slug = "not-taken"
    title = N_("Your answers could not be sent just now")
    explanation = N_("Nothing is lost: what you said is kept. Please try again in a few minutes.")


def catalogue(root: type[Problem] = Problem) -> Mapping[str, type[Problem]]:
    """Every kind there is by its slug, those of the rooms included."""
    kinds = {root.slug: root}
    for kind in root.__subclasses__():
        kinds |= catalogue(kind)
    return kinds
