"""Fixtures for every test: stores, browser windows, the running service; loopback only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.kit.loopback import refuse_other_hosts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from survey_service.stores.store import Store
    from survey_service.stores.stores import Stores
    from tests.kit.live import LiveService
    from tests.kit.pages import Windows
    from tests.kit.stores import PostgresTemplate, SqliteTemplate


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the one switch that leaves browser tests out, or runs one half of everything."""
    parser.addoption(
        "--browser",
        choices=("yes", "no", "served", "rest"),
        default="yes",
        help="no: leave the tests that drive a browser out; served: only these, what asks the "
        "same demonstration, and the attacks on separation; rest: all but served",
    )


def pytest_configure(config: pytest.Config) -> None:
    """From here on no test reaches another machine."""
    refuse_other_hosts()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put browser tests last, or leave them out where that was asked for.

    Playwright's event loop stays in this thread from the first browser test on, and then
    asyncio.run would be refused in the others.
    """
    browser = [item for item in items if "chromium" in getattr(item, "fixturenames", ())]
    rest = [item for item in items if item not in set(browser)]
    asks = (i for i in rest if "demo_service" in getattr(i, "fixturenames", ()))
    # Without these the other half would take twice as long as this one.
    slow = (i for i in rest if i.nodeid.startswith("tests/attacks/separation/"))
    served = {*browser, *asks, *slow}
    ordered = rest + browser
    kept = {
        "yes": ordered,
        "no": rest,
        "served": [item for item in ordered if item in served],
        "rest": [item for item in ordered if item not in served],
    }[config.getoption("browser")]
    config.hook.pytest_deselected(items=[item for item in ordered if item not in set(kept)])
    items[:] = kept


# Stores


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    """Empty SQLite stores, made by the migrations."""
    from tests.kit.stores import SqliteTemplate

    return SqliteTemplate(tmp_path_factory.mktemp("migrated"), migrated=True)


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[PostgresTemplate]:
    """Two PostgreSQL clusters with an empty, migrated database for each store."""
    from tests.kit.stores import PostgresTemplate

    template = PostgresTemplate()
    yield template
    template.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stores]:
    """Empty, migrated stores, on each of the two databases in turn."""
    template = request.getfixturevalue(
        "sqlite_template" if request.param == "sqlite" else "postgres_template"
    )
    with template.open(tmp_path / "stores") as opened:
        yield opened


@pytest.fixture
def store_files(request: pytest.FixtureRequest, stores: Stores) -> Callable[[Store], list[Path]]:
    """Every file in which the bytes of one of `stores` may lie, logs and journals included."""
    from tests.kit.stores import files_of

    on_files = stores.vault.path is not None
    postgres = None if on_files else request.getfixturevalue("postgres_template")
    return lambda store: files_of(store, postgres)


@pytest.fixture(scope="session")
def _tables_template(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplate:
    from tests.kit.stores import SqliteTemplate

    return SqliteTemplate(tmp_path_factory.mktemp("tables"), migrated=False)


@pytest.fixture
def sqlite_stores(_tables_template: SqliteTemplate, tmp_path: Path) -> Iterator[Stores]:
    """Empty stores on SQLite, their tables straight from the models: quick, for use cases."""
    with _tables_template.open(tmp_path / "stores") as opened:
        yield opened


# The running service


@pytest.fixture
def live_service(tmp_path: Path) -> Iterator[Callable[..., LiveService]]:
    """Start `equality-survey` as often as a test likes: `live_service("demo", "--seed", "1")`.

    The folder is the test's own and stays the same, so that a second start finds the first's data.
    """
    from tests.kit.live import LiveService

    running: list[LiveService] = []

    def start(*command: str, folder: str = "data", **options: object) -> LiveService:
        service = LiveService(tmp_path / folder, command or ("demo",), **options)  # type: ignore[arg-type]
        running.append(service)
        return service

    yield start
    for service in running:
        service.kill()


@pytest.fixture(scope="session")
def demo_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """One demonstration for all browser tests: they add to it and rely on nobody's additions."""
    from tests.kit.live import LiveService

    folder = tmp_path_factory.mktemp("demo") / "data"
    service = LiveService(folder, ("demo", "--respondents", "1000", "--seed", "1"))
    yield service
    service.kill()


# The browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A headless Chromium. None found fails the test and names the remedy."""
    from playwright.sync_api import sync_playwright

    from tests.kit.chromium import launch

    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def browser_windows(chromium: Browser) -> Iterator[Windows]:
    """Windows to open pages in; the test fails if any page breaks its policy or calls away."""
    from tests.kit.pages import windows

    with windows(chromium) as opened:
        yield opened
