"""Cookies, named and marked by how the page came."""

from types import SimpleNamespace
from typing import Any

import pytest

from survey_service.web.cookies import CODE, drop_cookie, read_cookie, set_cookie


def request(scheme: str, cookie: str = "") -> Any:
    headers = [(b"cookie", cookie.encode())] if cookie else []
    return SimpleNamespace(scope={"scheme": scheme, "headers": headers})


def test_under_https_a_cookie_is_bound_to_host_and_transport() -> None:
    line = set_cookie(request("https"), CODE, "X")
    assert line == "__Host-code=X; Path=/; HttpOnly; SameSite=Strict; Secure"


def test_on_plain_loopback_it_has_its_plain_name() -> None:
    assert set_cookie(request("http"), CODE, "X") == "code=X; Path=/; HttpOnly; SameSite=Strict"


def test_dropping_ends_its_life_under_the_same_name() -> None:
    assert drop_cookie(request("https"), CODE).startswith("__Host-code=; ")
    assert drop_cookie(request("https"), CODE).endswith("; Max-Age=0")


@pytest.mark.parametrize(
    ("scheme", "line", "found"),
    [
        ("http", "a=1; code=X; b=2", "X"),
        ("https", "code=planted; __Host-code=X", "X"),
        ("https", "code=planted", None),
        ("http", "code=X; code=Y", None),
        ("http", "xcode=X", None),
        ("http", "code=", None),
        ("http", "", None),
    ],
)
def test_reads_our_own_cookie_only(scheme: str, line: str, found: str | None) -> None:
    assert read_cookie(request(scheme, line), CODE) == found
