"""What the browser tests share besides `tests/kit`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kit.live import LiveService
from tests.kit.walks import Form, Forms


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
