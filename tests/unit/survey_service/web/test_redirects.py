"""Redirects lead to our own pages only."""

import pytest

from survey_service.web.redirects import safe_next, see_other


@pytest.mark.parametrize("asked", ["/office", "/office/audit-log", "/office/requests?page=2"])
def test_goes_on_to_a_page_of_the_office(asked: str) -> None:
    assert safe_next(asked) == asked


@pytest.mark.parametrize(
    "asked",
    [
        "", "https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example",
        "/office//elsewhere", "/office/\\x", "/office/\r\nset-cookie: a=b", "/officers",
        "/", "javascript:alert(1)", "/office/" + "x" * 600, "/office/ķ",
    ],
)  # fmt: skip
def test_goes_nowhere_else(asked: str) -> None:
    assert safe_next(asked) == "/office"


@pytest.mark.parametrize("path", ["https://a.example", "//a.example", "/a\r\nb: c", "a", "/ķ"])
def test_refuses_to_make_a_redirect_that_is_no_path(path: str) -> None:
    with pytest.raises(ValueError, match="path of our own"):
        see_other(path)
