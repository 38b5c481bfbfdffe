"""`equality-survey backup` asks the installation; `restore` needs it to stand still."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from survey_service.stores.stores import NAMES

Wrapper = Callable[..., Any]


def backup_command(do: Wrapper, data_option: Wrapper, in_words: Wrapper) -> click.Command:
    """The command that makes a backup; `do` gives a command to the installation."""

    @click.command("backup")
    @click.argument("folder", type=click.Path(path_type=Path))
    @click.option(
        "--store",
        "stores",
        multiple=True,
        type=click.Choice(NAMES),
        help="Which stores.  [default: vault, answers, office, audit]",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
    @data_option
    @in_words
    def backup(folder: Path, stores: tuple[str, ...], as_json: bool, data_dir: Path) -> None:
        """Settle, then copy stores into FOLDER, which is replaced once the copy is whole.

        Submissions that wait and drafts are never copied; keys only alone, with --store keys.
        """
        made = do(data_dir, "backup", folder=str(folder.resolve()), stores=list(stores))
        if as_json:
            click.echo(json.dumps(made))
            return
        for name, copy in made["stores"].items():
            click.echo(f"{name}: {copy['file']}  sha256 {copy['sha256']}")
        click.echo(f"Backup of {made['made_on']} in {folder}. It replaces every older one.")
        click.echo("Keep a copy of the file `tombstones` that is newer than any backup.")

    return backup


def restore_command(data_option: Wrapper, in_words: Wrapper) -> click.Command:
    """The command that puts a backup back."""

    @click.command("restore")
    @click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
    @click.option(
        "--store",
        "stores",
        multiple=True,
        type=click.Choice(NAMES),
        help="Which stores.  [default: all in the backup]",
    )
    @click.option(
        "--tombstones",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The newest list of erasures.  [default: the one in the data folder]",
    )
    @data_option
    @in_words
    def restore(
        folder: Path, stores: tuple[str, ...], tombstones: Path | None, data_dir: Path
    ) -> None:
        """Put the backup in FOLDER back while the service is stopped, without who erased since."""
        from survey_service.backups.restoring import Restoring
        from survey_service.clock import now
        from survey_service.lock import Lock
        from survey_service.services import open_services
        from survey_service.settings import Settings
        from survey_service.stores.keyring import Keyring
        from survey_service.stores.stores import Stores

        settings = Settings.from_environment(data_dir)
        with Lock(data_dir):
            keyring = Keyring.load(settings.keys_dir)
            opened = Stores.at(data_dir / "stores", settings.store_urls)
            try:
                done = Restoring(data_dir, opened, keyring, now).run(folder, stores, tombstones)
            finally:
                opened.close()
            services = open_services(settings)
            try:
                services.maintenance.replay_tombstones()
            finally:
                services.close()
        click.echo(f"Restored: {', '.join(done.stores) or 'nothing'}.")
        for sentence in done.told:
            click.echo(sentence)

    return restore
