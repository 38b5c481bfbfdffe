"""A demonstration begins in empty stores and leaves everything else alone, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey_service.demo import serving
from survey_service.settings import Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import Keyring
from survey_service.stores.stores import Stores
from tests.kit.field import Field
from tests.kit.stores import PostgresTemplate


class Interrupted(Exception):
    """Ctrl-C while the synthetic respondents answer."""


def interrupt(*_: object, **__: object) -> None:
    raise Interrupted


def test_an_interrupted_start_on_files_is_begun_again_from_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(data_dir=tmp_path, keys_dir=tmp_path / "keys", demonstration=True)
    monkeypatch.setattr(serving, "seed_demonstration", interrupt)
    for _ in range(2):
        with pytest.raises(Interrupted):
            serving._seed(settings, respondents=1, seed=1)


def test_databases_that_hold_rows_are_refused_with_the_remedy_and_kept(
    tmp_path: Path, postgres_template: PostgresTemplate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "seed_demonstration", interrupt)
    with postgres_template.databases() as urls:
        settings = Settings(
            data_dir=tmp_path, keys_dir=tmp_path / "keys", demonstration=True, store_urls=urls
        )
        with pytest.raises(Interrupted):
            serving._seed(settings, respondents=1, seed=1)
        stores = Stores.at(tmp_path / "stores", urls)
        try:
            Field(stores, tmp_path, Keyring.load(tmp_path / "keys")).open_wave()
        finally:
            stores.close()
        keys = sorted(path.read_bytes() for path in (tmp_path / "keys").iterdir())
        with pytest.raises(StoreRefused, match=r"store (office|audit|inbox) is not empty"):
            serving._seed(settings, respondents=1, seed=1)
        assert keys == sorted(path.read_bytes() for path in (tmp_path / "keys").iterdir())
