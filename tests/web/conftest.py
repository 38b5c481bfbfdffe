"""What the browser tests share besides `tests/kit`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.kit.live import LiveService
from tests.kit.office import office
from tests.kit.pages import Windows
from tests.kit.plain import Form, Forms, Staff
from tests.kit.several import several_surveys


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Look into the log when everything that could have been written into it has happened."""
    items.sort(key=lambda item: "test_nothing_is_logged" in item.nodeid)


@pytest.fixture
def forms(demo_service: LiveService) -> Iterator[Forms]:
    """Begin a respondent's form over plain HTTP: `forms("lv")`."""
    made: list[Form] = []

    def begin(language: str = "en") -> Form:
        made.append(Form(demo_service.url, language))
        return made[-1]

    yield begin
    for form in made:
        form.close()


@pytest.fixture(scope="session")
def signed_in(demo_service: LiveService) -> Iterator[dict[str, Staff]]:
    """Whoever signed in so far, by user name."""
    people: dict[str, Staff] = {}
    yield people
    for person in people.values():
        person.close()


@pytest.fixture(scope="session")
def several_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """One service with a small survey for each thing that the demonstration's own has not."""
    folder = tmp_path_factory.mktemp("several") / "data"
    # Not in this thread, where Playwright's loop runs already.
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(several_surveys, folder).result()
    service = LiveService(folder, ("demo",))
    yield service
    service.kill()


@pytest.fixture
def staff(
    demo_service: LiveService, browser_windows: Windows, signed_in: dict[str, Staff]
) -> Callable[[str], Staff]:
    """Act as somebody of the office over plain HTTP, in a session that a browser began."""

    def person(username: str) -> Staff:
        if username not in signed_in:
            page = office(browser_windows, demo_service, username)
            cookies = [dict(cookie) for cookie in page.context.cookies()]
            signed_in[username] = Staff(demo_service.url, cookies)
        return signed_in[username]

    return person
