"""The command `equality-survey`. Exit codes: 0 done, 1 refused or unsafe, 2 bad usage or input."""

from __future__ import annotations

import json
from pathlib import Path

import click

from schemas.vocabulary import Role
from survey_service.command_line import data_option, do, in_words
from survey_service.stores.parts import Part
from survey_service.stores.stores import NAMES as STORES


@click.group()
@click.version_option(package_name="equality-data-survey-platform")
def main() -> None:
    """Run a survey of a small minority: consent, answers, protected tables, audit."""


@main.group(invoke_without_command=True)
@data_option
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--respondents", type=click.IntRange(0, 100_000), default=1000, show_default=True)
@click.option("--seed", type=int, default=2026, show_default=True)
@click.pass_context
@in_words
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
@in_words
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
@data_option
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
@in_words
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
@data_option
@click.option(
    "--part",
    type=click.Choice([part.value for part in Part]),
    default=None,
    help="Serve one part of an installation made by `init --parts`; without it, all in one.",
)
@click.option("--host", default=None, help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), default=None)
@click.option("--public-url", default=None, help="How browsers reach the service (https://…).")
@in_words
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


@main.group()
def staff() -> None:
    """Accounts of people who work here."""


@staff.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), required=True)
@data_option
@in_words
def staff_add(name: str, role: str, data_dir: Path) -> None:
    """Create an account; prints a one-time password for the first sign-in."""
    for key, value in do(data_dir, "staff-add", name=name, role=role).items():
        click.echo(f"{key}: {value}")


@main.command()
@data_option
@in_words
def settle(data_dir: Path) -> None:
    """Do now what the service does every hour: settle, freeze, purge, finish erasures."""
    click.echo(do(data_dir, "settle"))


@main.group()
def consent() -> None:
    """Consents: receipts that anybody can check."""


@main.group("audit-log")
def audit_log() -> None:
    """The tamper-evident log."""


def _add_rooms() -> None:
    from survey_service.audit_log.commands import COMMANDS as LOG_COMMANDS
    from survey_service.backups.commands import backup_command, restore_command
    from survey_service.ceremonies.commands import keys_group
    from survey_service.collection.commands import counts_command
    from survey_service.consent.commands import COMMANDS as CONSENT_COMMANDS
    from survey_service.escrow.commands import escrow_group
    from survey_service.invitations.commands import slips_command
    from survey_service.surveys.commands import survey_group, wave_group

    main.add_command(survey_group(do, data_option, in_words))
    waves = wave_group(do, data_option, in_words)
    waves.add_command(slips_command(do, data_option, in_words))
    main.add_command(waves)
    main.add_command(keys_group(do, data_option, in_words))
    main.add_command(escrow_group(in_words))
    main.add_command(backup_command(do, data_option, in_words))
    main.add_command(restore_command(data_option, in_words))
    for command in CONSENT_COMMANDS:
        consent.add_command(command)
    for command in LOG_COMMANDS:
        audit_log.add_command(command)
    audit_log.add_command(counts_command(do, data_option, in_words))


_add_rooms()
