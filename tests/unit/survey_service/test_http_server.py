"""The server says nothing of itself, logs nobody, and collects garbage seldom."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from litestar import Litestar

from survey_service.http_server import YOUNG_OBJECTS, Server, spare_the_collector


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


def test_no_access_log_and_no_name() -> None:
    config = Server(Litestar([]), ready=lambda: None).config
    assert not config.access_log
    assert config.log_config is None
    assert not config.server_header


def test_what_the_start_made_is_never_looked_through_again(collector: None) -> None:
    spare_the_collector()
    assert gc.get_freeze_count() > 0
    assert gc.get_threshold()[0] == YOUNG_OBJECTS
