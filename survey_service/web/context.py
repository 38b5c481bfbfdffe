"""What a handler may ask about the request it serves."""

from typing import TYPE_CHECKING, Any, cast

from litestar.connection import ASGIConnection

if TYPE_CHECKING:
    from survey_service.accounts.people import Person
    from survey_service.services import Services

Connection = ASGIConnection[Any, Any, Any, Any]

API_PREFIX = "/api/"
OFFICE_PREFIX = "/office"


def services_of(connection: Connection) -> "Services":
    """The use cases of all rooms."""
    return cast("Services", connection.scope["litestar_app"].state["services"])


def person_of(connection: Connection) -> "Person | None":
    """The signed-in person the guard found, or nobody."""
    return cast("Person | None", connection.scope.get("state", {}).get("person"))


def signed_in(connection: Connection) -> "Person":
    """The person of a route that only signed-in people reach.

    Raises:
        NotSignedIn: nobody is signed in.
    """
    from survey_service.problems import NotSignedIn

    person = person_of(connection)
    if person is None:
        raise NotSignedIn
    return person


def demonstration(connection: Connection) -> bool:
    """Whether the people in this installation are synthetic."""
    return bool(services_of(connection).settings.demonstration)


def serves_staff(connection: Connection) -> bool:
    """Whether staff can sign in at this part of the installation."""
    return hasattr(services_of(connection), "accounts")


def is_api(connection: Connection) -> bool:
    """Whether a program is asking: it gets documents, never pages."""
    return str(connection.scope["path"]).startswith(API_PREFIX)


def header(connection: Connection, name: bytes) -> str | None:
    """The value of one request header (lower-case name), read without building a mapping."""
    for key, value in connection.scope["headers"]:
        if key == name:
            return value.decode("latin-1")
    return None
