"""`equality-survey backup` asks the installation; `restore` needs it to stand still."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from survey_service.lock import parts_are_separate
from survey_service.stores.parts import OWNER_OF, Part
from survey_service.stores.stores import NAMES

if TYPE_CHECKING:
    from survey_service.backups.restoring import Restored
    from survey_service.settings import Settings

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
        help="Which stores.  [default: vault, answers, office, audit; of a part its own]",
    )
    @click.option(
        "--part",
        type=click.Choice([Part.SETTLE.value, Part.OFFICE.value]),
        default=None,
        help="Whose stores, where parts are separate: settle's first, then the office's.",
    )
    @click.option("--json", "as_json", is_flag=True, help="Print the manifest.")
    @data_option
    @in_words
    def backup(
        folder: Path, stores: tuple[str, ...], part: str | None, as_json: bool, data_dir: Path
    ) -> None:
        """Settle, then copy stores into FOLDER, which is replaced once the copy is whole.

        Submissions that wait and drafts are never copied; keys only alone, with --store keys.
        """
        given = {"folder": str(folder.resolve()), "stores": list(stores)}
        made = do(data_dir, "backup", _whose(data_dir, part, stores), **given)
        if as_json:
            click.echo(json.dumps(made))
            return
        for name, copy in made["stores"].items():
            click.echo(f"{name}: {copy['file']}  sha256 {copy['sha256']}")
        click.echo(f"Backup of {made['made_on']} in {folder}. It replaces every older one.")
        click.echo("Keep a copy of the file `tombstones` that is newer than any backup.")

    return backup


def _whose(data_dir: Path, said: str | None, stores: tuple[str, ...]) -> Part | None:
    """The part that was said, or else, where parts are separate, the one whose stores these are."""
    owners = {OWNER_OF[name] for name in stores}
    if said is None and len(owners) == 1 and parts_are_separate(data_dir):
        return owners.pop()
    return None if said is None else Part(said)


def restore_command(data_option: Wrapper, in_words: Wrapper) -> click.Command:
    """The command that puts a backup back."""

    @click.command("restore")
    @click.argument(
        "folders",
        metavar="FOLDER...",
        nargs=-1,
        required=True,
        type=click.Path(exists=True, file_okay=False, path_type=Path),
    )
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
    @click.option(
        "--environments",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Where parts are separate: the folder of their environment files.  [default: beside "
        "the folder of keys]",
    )
    @data_option
    @in_words
    def restore(
        folders: tuple[Path, ...],
        stores: tuple[str, ...],
        tombstones: Path | None,
        environments: Path | None,
        data_dir: Path,
    ) -> None:
        """Put backups back while the service is stopped, without who erased since.

        Where parts are separate, give settle's and the office's together, as root.
        """
        from survey_service.settings import Settings

        settings = Settings.from_environment(data_dir)
        asked = Asked(folders, stores, tombstones)
        if parts_are_separate(data_dir):
            done, places = _restore_parts(settings, asked, environments)
        else:
            done, places = _restore(settings, asked), {}
        click.echo(f"Restored: {', '.join(done.stores) or 'nothing'}.")
        for name in done.stores:
            if name in places:
                click.echo(f"{name}: {places[name]}")
        for sentence in done.told:
            click.echo(sentence)

    return restore


class Asked(NamedTuple):
    """What is to be put back, from where."""

    folders: tuple[Path, ...]
    stores: tuple[str, ...]
    tombstones: Path | None


def _restore(settings: Settings, asked: Asked) -> Restored:
    from survey_service.backups.restoring import Restoring
    from survey_service.clock import now
    from survey_service.lock import Lock
    from survey_service.services import open_services
    from survey_service.stores.errors import StoreRefused
    from survey_service.stores.keyring import Keyring
    from survey_service.stores.stores import Stores

    data_dir = settings.data_dir
    if (settings.keys_dir / Part.SETTLE).is_dir():
        raise StoreRefused(
            "The keys are laid out for separate parts and the data folder is not. Run "
            "`equality-survey init --parts` first, then this command again."
        )
    with Lock(data_dir):
        keyring = Keyring.load(settings.keys_dir)
        opened = Stores.at(data_dir / "stores", settings.store_urls)
        try:
            done = Restoring(data_dir, opened, keyring, now).run(*asked)
        finally:
            opened.close()
        services = open_services(settings)
        try:
            services.maintenance.replay_tombstones()
        finally:
            services.close()
    return done


def _restore_parts(
    settings: Settings, asked: Asked, environments: Path | None
) -> tuple[Restored, dict[str, str]]:
    from survey_service.backups.restoring import Restoring
    from survey_service.clock import now
    from survey_service.parts.whole import opened_whole

    with opened_whole(settings, environments or settings.keys_dir.parent) as whole:
        restoring = Restoring(settings.data_dir, whole.stores, whole.keyring, now)
        done = restoring.run(*asked)
        whole.replay_tombstones()
        return done, whole.places()
