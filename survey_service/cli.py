"""The command `equality-survey`. Exit codes: 0 done, 1 refused or unsafe, 2 bad usage or input."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from schemas.vocabulary import Role
from survey_service.problems import Problem
from survey_service.settings import DEFAULT_DATA
from survey_service.stores.errors import StoreError
from survey_service.stores.parts import Part
from survey_service.stores.stores import NAMES as STORES


def _data_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--data-dir",
        type=click.Path(file_okay=False, path_type=Path),
        default=DEFAULT_DATA,
        show_default=True,
        envvar="EQUALITY_DATA_DIR",
        help="The folder that holds stores, keys and tombstones.",
    )(command)


def _in_words(command: Callable[..., Any]) -> Callable[..., Any]:
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


@click.group()
@click.version_option(package_name="equality-data-survey-platform")
def main() -> None:
    """Run a survey of a small minority: consent, answers, protected tables, audit."""


@main.group(invoke_without_command=True)
@_data_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--respondents", type=click.IntRange(0, 100_000), default=1000, show_default=True)
@click.option("--seed", type=int, default=2026, show_default=True)
@click.pass_context
@_in_words
def demo(context: click.Context, data_dir: Path, port: int, respondents: int, seed: int) -> None:
    """Serve the demonstration: synthetic respondents, real numbers, every role's sign-in."""
    context.obj = data_dir
    if context.invoked_subcommand is None:
        from survey_service.demo.serving import serve_demo

        serve_demo(data_dir, port=port, respondents=respondents, seed=seed)


@demo.command("sign-in")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--json", "as_json", is_flag=True, help="Print for a programme.")
@click.pass_obj
@_in_words
def demo_sign_in(data_dir: Path, role: str, as_json: bool) -> None:
    """Print user, password and the present one-time code of a role of the demonstration."""
    from survey_service.demo.sign_ins import read_sign_ins

    found = [entry for entry in read_sign_ins(data_dir) if entry.role == role]
    shown = [
        {"username": e.username, "password": e.password, "code": e.current_code()} for e in found
    ]
    if as_json:
        click.echo(json.dumps(shown))
        return
    for entry in shown:
        click.echo(
            f"user: {entry['username']}\npassword: {entry['password']}\ncode: {entry['code']}"
        )


@main.command()
@_data_option
@click.option(
    "--parts",
    is_flag=True,
    help="Lay out front, office and settle under users of their own (docs/how-to).",
)
@click.option(
    "--same-user",
    is_flag=True,
    help="With --parts, for a trial: all parts under this user, so that nothing is separate.",
)
@_in_words
def init(data_dir: Path, parts: bool, same_user: bool) -> None:
    """Make an empty installation: folders, keys, stores. Nobody has an account yet."""
    if parts:
        _init_parts(data_dir, same_user=same_user)
        return
    from survey_service.lock import Lock
    from survey_service.services import open_services
    from survey_service.settings import Settings

    settings = Settings.from_environment(data_dir)
    with Lock(data_dir):
        services = open_services(settings, create=True)
        services.maintenance.run()
        services.close()
    click.echo(f"Ready in {data_dir}. Copy the folder of keys to a safe place of its own.")
    click.echo("Next: equality-survey staff add --role administrator NAME")


def _init_parts(data_dir: Path, *, same_user: bool) -> None:
    from survey_service.parts.layout import Owners, lay_out
    from survey_service.settings import Settings

    lay_out(
        Settings.from_environment(data_dir), Owners.ourselves() if same_user else Owners.named()
    )
    click.echo(f"Ready in {data_dir}. Copy the folder of keys to a safe place of its own.")
    click.echo("Next: equality-survey staff add --role administrator NAME")


@main.command()
@_data_option
@click.option(
    "--part",
    type=click.Choice([part.value for part in Part]),
    default=None,
    help="Serve one part of an installation made by `init --parts`; without it, all in one.",
)
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), default=None)
@click.option("--public-url", default=None, help="How browsers reach the service (https://…).")
@_in_words
def serve(
    data_dir: Path, part: str | None, host: str | None, port: int | None, public_url: str | None
) -> None:
    """Serve an installation until interrupted."""
    from survey_service.lock import Lock, refuse_wrong_layout
    from survey_service.services import open_services
    from survey_service.serving import listen_on
    from survey_service.serving import serve as run
    from survey_service.settings import Settings

    settings = Settings.from_environment(data_dir, host=host, port=port, public_url=public_url)
    refuse_wrong_layout(data_dir, part)
    if part is not None:
        from survey_service.parts.serving import serve_part

        serve_part(settings, Part(part), click.echo)
        return
    with Lock(data_dir), listen_on(settings.host, settings.port) as listener:
        services = open_services(settings)
        address = listener.getsockname()
        try:
            run(services, listener, lambda: click.echo(f"Ready: http://{address[0]}:{address[1]}/"))
        finally:
            services.close()


@main.command("database-roles")
@click.argument("store", type=click.Choice([name for name in STORES if name != "keys"]))
def database_roles(store: str) -> None:
    """Print the SQL that gives the parts their rights in a store on PostgreSQL."""
    from survey_service.stores.grants import statements

    for statement in statements(store):
        click.echo(statement)


def _do(data_dir: Path, command: str, **said: str) -> Any:
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


@main.group()
def staff() -> None:
    """Accounts of people who work here."""


@staff.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@_data_option
@_in_words
def staff_add(name: str, role: str, data_dir: Path) -> None:
    """Create an account; prints a one-time password for the first sign-in."""
    for key, value in _do(data_dir, "staff-add", name=name, role=role).items():
        click.echo(f"{key}: {value}")


@main.group()
def survey() -> None:
    """Surveys with their questionnaires and notices."""


@survey.command("add")
@click.argument("slug")
@click.option(
    "--notice",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="A folder with notice.json and notice.TAG.md for each language.",
)
@click.option("--planned-sample", type=click.IntRange(1, 1_000_000), required=True)
@_data_option
@_in_words
def survey_add(slug: str, notice: Path, planned_sample: int, data_dir: Path) -> None:
    """Store the core questionnaire with your notice as a wave in draft; prints the wave's id."""
    from survey_service.surveys.core import read_notice

    told = read_notice(notice).model_dump_json()
    sample = str(planned_sample)
    click.echo(_do(data_dir, "survey-add", survey=slug, notice=told, planned_sample=sample))


@survey.command("notice")
@click.argument("wave_id")
@click.option(
    "--notice",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    required=True,
    help="A folder with notice.json and notice.TAG.md for each language.",
)
@_data_option
@_in_words
def survey_notice(wave_id: str, notice: Path, data_dir: Path) -> None:
    """Put a new version of the notice into force; open forms are asked to decide again."""
    from survey_service.surveys.core import read_notice

    told = read_notice(notice).model_dump_json()
    click.echo(_do(data_dir, "notice-add", wave=wave_id, notice=told))


def _add_spreadsheet_commands() -> None:
    from survey_service.surveys.xlsform.commands import (
        import_command,
        survey_check,
        survey_export,
    )

    for command in (import_command(_do, _data_option, _in_words), survey_check, survey_export):
        survey.add_command(command)


_add_spreadsheet_commands()


def _add_ceremony_commands() -> None:
    from survey_service.backups.commands import backup_command, restore_command
    from survey_service.ceremonies.commands import keys_group

    main.add_command(keys_group(_do, _data_option, _in_words))
    main.add_command(backup_command(_do, _data_option, _in_words))
    main.add_command(restore_command(_data_option, _in_words))


_add_ceremony_commands()


@main.group()
def wave() -> None:
    """Waves of field work."""


@wave.command("list")
@_data_option
@_in_words
def wave_list(data_dir: Path) -> None:
    """List the waves: id, survey, number, state."""
    for line in _do(data_dir, "wave-list"):
        click.echo(line)


@wave.command("check")
@click.argument("wave_id")
@_data_option
@_in_words
def wave_check(wave_id: str, data_dir: Path) -> None:
    """Show what keeps a wave from opening (error), and what to answer for (warning)."""
    found = _do(data_dir, "wave-check", wave=wave_id)
    for line in found:
        click.echo(line)
    if any(line.startswith("error") for line in found):
        sys.exit(1)


@wave.command("open")
@click.argument("wave_id")
@click.option("--reason", default="", help="Why you open in spite of the warnings; it is logged.")
@_data_option
@_in_words
def wave_open(wave_id: str, reason: str, data_dir: Path) -> None:
    """Open a wave; its settings are locked from then on."""
    click.echo(_do(data_dir, "wave-open", wave=wave_id, reason=reason))


@wave.command("close")
@click.argument("wave_id")
@_data_option
@_in_words
def wave_close(wave_id: str, data_dir: Path) -> None:
    """Close a wave: settle what waits and rewrite every row in random order."""
    click.echo(_do(data_dir, "wave-close", wave=wave_id))


@wave.command("archive")
@click.argument("wave_id")
@_data_option
@_in_words
def wave_archive(wave_id: str, data_dir: Path) -> None:
    """Archive a closed wave: freezes are destroyed, releases stay, nothing more is asked of it."""
    click.echo(_do(data_dir, "wave-archive", wave=wave_id))


@wave.command("slips")
@click.argument("wave_id")
@click.option("--count", type=click.IntRange(1, 500), required=True, help="How many slips.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The file to print from (HTML). Delete it once it is printed.",
)
@_data_option
@_in_words
def wave_slips(wave_id: str, count: int, output: Path, data_dir: Path) -> None:
    """Make invitation slips and write them as a sheet to print; they are kept nowhere else."""
    with output.open("x", encoding="utf-8") as file:
        output.chmod(0o600)
        file.write(_do(data_dir, "slips-make", wave=wave_id, count=str(count)))
    click.echo(output)


@main.command()
@_data_option
@_in_words
def settle(data_dir: Path) -> None:
    """Do now what the service does every hour: settle, freeze, purge, finish erasures."""
    click.echo(_do(data_dir, "settle"))


@main.group()
def consent() -> None:
    """Consents: receipts that anybody can check."""


def _add_consent_commands() -> None:
    from survey_service.consent.commands import COMMANDS

    for command in COMMANDS:
        consent.add_command(command)


_add_consent_commands()


@main.group("audit-log")
def audit_log() -> None:
    """The tamper-evident log."""


def _add_log_commands() -> None:
    from survey_service.audit_log.commands import COMMANDS

    for command in COMMANDS:
        audit_log.add_command(command)


_add_log_commands()
