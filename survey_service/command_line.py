"""What every command of `equality-survey` shares: its folder, its words, and who does it."""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from survey_service.problems import Problem
from survey_service.settings import DEFAULT_DATA
from survey_service.stores.errors import StoreError, StoreRefused
from survey_service.stores.parts import Part


def data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option that names the installation's folder."""
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_DATA,
        show_default=True,
        envvar="EQUALITY_DATA_DIR",
        help="The folder that holds stores, keys and tombstones.",
    )(command)


def in_words(command: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what was refused into one sentence and an exit code; no stack trace is shown."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from survey_service.control import ControlRefused

        try:
            return command(*args, **kwargs)
        except (StoreError, ControlRefused) as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except OSError as error:
            click.echo(f"{error.strerror or 'The system refused'}. {_remedy(error)}", err=True)
            sys.exit(1)
        except Problem as problem:
            click.echo(problem.detail % dict(problem.values), err=True)
            for field in problem.fields:
                words = f"{field.message} {field.remedy}".strip() % dict(field.values)
                click.echo(f"{field.field}: {words}", err=True)
            sys.exit(1)
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False):
                place = ".".join(str(part) for part in item["loc"]) or "settings"
                click.echo(f"{place}: {item['msg']}", err=True)
            sys.exit(2)

    return run


def _remedy(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "Something else uses this port: stop it, or choose another with --port."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Nothing was stored. Make room on the disk and try again."
    return "Look at the folder's owner, its permissions and the disk."


def do(data_dir: Path, command: str, part: Part | None = None, /, **said: Any) -> Any:
    """Give a command to the running service, or do it here where none runs.

    `part`: which does it, for a command of several, where parts are separate.

    Raises:
        StoreRefused: parts are separate and it is not said which; or the other way round.
    """
    from survey_service.commands import commands_of, parts_of
    from survey_service.control import ask
    from survey_service.lock import Lock, parts_are_separate
    from survey_service.parts.serving import open_commanded
    from survey_service.services import open_services
    from survey_service.settings import Settings

    if parts_are_separate(data_dir):
        part = one_of(parts_of(command), part)
    elif part is not None:
        raise StoreRefused("The parts of this installation are not separate: leave --part out.")
    answer = ask(data_dir, command, part, **said)
    if answer is not None:
        return answer
    settings = Settings.from_environment(data_dir)
    with Lock(data_dir, part):
        services = open_services(settings) if part is None else open_commanded(settings, part)
        try:
            return commands_of(services)[command](**said)
        finally:
            services.close()


def one_of(parts: tuple[Part, ...], said: Part | None) -> Part:
    """Return the part that does a command.

    Raises:
        StoreRefused: several do it and none was said.
    """
    if said is None and len(parts) > 1:
        ways = ", then ".join(f"--part {part}" for part in parts)
        raise StoreRefused(
            f"The parts of this installation are separate, and each does this for its own stores "
            f"as its own user: give the command with {ways} (docs/how-to/separate-parts.md)."
        )
    return parts[0] if said is None else said
