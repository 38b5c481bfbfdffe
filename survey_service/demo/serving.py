"""`equality-survey demo`: seeds a data folder once, then serves it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import click

from survey_service.demo.campaign import MovedClock, seed_demonstration
from survey_service.demo.sign_ins import FILE
from survey_service.lock import Lock
from survey_service.services import open_services
from survey_service.serving import listen_on, serve
from survey_service.settings import DEFAULT_DATA, Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.key_checks import FILE as KEY_CHECKS
from survey_service.stores.postgresql import holds_rows

DONE = "demonstration"


def serve_demo(data_dir: Path, *, port: int, respondents: int, seed: int) -> None:
    """Serve the demonstration in a folder; a folder that holds one already is kept as it is."""
    listener = listen_on("127.0.0.1", port)
    lock = Lock(data_dir)
    lock.take()
    bound = listener.getsockname()[1]
    settings = Settings.from_environment(
        data_dir, port=bound, public_url=f"http://127.0.0.1:{bound}", demonstration=True
    )
    if not (data_dir / DONE).exists():
        _seed(settings, respondents=respondents, seed=seed)
    services = open_services(settings)
    sign_ins = data_dir / FILE

    def ready() -> None:
        click.echo(f"Ready: http://127.0.0.1:{bound}/")
        folder = "" if data_dir == DEFAULT_DATA else f" --data-dir {data_dir}"
        command = f"equality-survey demo{folder} sign-in ROLE"
        click.echo(f"Sign-ins: {sign_ins} (one-time code: {command})")

    try:
        serve(services, listener, ready)
    finally:
        services.close()


def _seed(settings: Settings, *, respondents: int, seed: int) -> None:
    data_dir = settings.data_dir
    refuse_filled(settings.store_urls)
    begun = data_dir / f"{DONE}.begun"
    if begun.exists():
        # A start that was interrupted half-way is begun again from nothing.
        for file in (KEY_CHECKS, "tombstones"):
            (data_dir / file).unlink(missing_ok=True)
        for folder in ("stores", "keys"):
            shutil.rmtree(data_dir / folder, ignore_errors=True)
    elif (data_dir / "stores").exists():
        raise StoreRefused(
            f"{data_dir} holds an installation that is no demonstration. Choose another folder."
        )
    begun.touch(mode=0o600)
    clock = MovedClock()
    services = open_services(settings, clock=clock, create=True)
    try:
        seed_demonstration(services, clock, respondents=respondents, seed=seed)
    finally:
        services.close()
    begun.rename(data_dir / DONE)


def refuse_filled(store_urls: Mapping[str, str]) -> None:
    """Nothing, if every database that the demonstration would fill is empty.

    Files of an interrupted start are known by where they lie and are removed; a database may be
    anybody's, so nothing in it is.

    Raises:
        StoreRefused: one holds rows; names the store and the remedy.
    """
    for name, url in store_urls.items():
        if holds_rows(url):
            raise StoreRefused(
                f"The database of the store {name} is not empty: a demonstration that was "
                "interrupted, or somebody's installation. If nobody needs it, drop the databases "
                "of all stores, make them anew (docs/how-to/postgresql.md, step 3) and start "
                f"again; or start without EQUALITY_{name.upper()}_URL."
            )
