"""Who a token belongs to and what it may do."""

from typing import Any

from litestar import Request, get

from schemas.vocabulary import Frozen, Role
from survey_service.web.context import signed_in
from survey_service.web.permissions import ROLE_PERMISSIONS, SIGNED_IN, needs

AnyRequest = Request[Any, Any, Any]


class Me(Frozen):
    """The person behind a token, and what both his role and the token's scopes allow."""

    username: str
    role: Role
    permissions: tuple[str, ...]


@get("/api/v1/me", tags=["Account"], summary="Who am I", **needs(SIGNED_IN))
async def me(request: AnyRequest) -> Me:
    """The person and the permissions of the token that was sent."""
    person = signed_in(request)
    held = ROLE_PERMISSIONS[person.role]
    return Me(
        username=person.username,
        role=person.role,
        permissions=tuple(sorted(p.value for p in held if person.holds(held, p))),
    )


ROUTES = (me,)
