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
from survey_service.stores.errors import StoreError


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


def do(data_dir: Path, command: str, **said: str) -> Any:
    """Give a command to the running service, or do it here where none runs."""
    from survey_service.commands import commands_of, part_of
    from survey_service.control import ask
    from survey_service.lock import Lock, parts_are_separate
    from survey_service.parts.serving import open_commanded
    from survey_service.services import open_services
    from survey_service.settings import Settings

    part = part_of(command) if parts_are_separate(data_dir) else None
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
