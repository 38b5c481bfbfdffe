"""`equality-survey keys`: the same ceremonies of two, for people who sit at the machine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from survey_service.ceremonies.kinds import Kind
from survey_service.stores.ids import new_id

if TYPE_CHECKING:
    from survey_service.accounts.people import Person
    from survey_service.ceremonies.service import Ceremony
    from survey_service.services import Services

Wrapper = Callable[..., Any]


def commands_of(services: Services) -> Mapping[str, Callable[..., Any]]:
    """Return what these commands ask of an installation, by name."""
    from survey_service.accounts.at_the_machine import signed_in_for

    def keys_list() -> dict[str, Any]:
        ceremonies = services.ceremonies
        ages = [
            [age.name, age.epoch, age.since.isoformat() if age.since else "", age.replaceable]
            for age in ceremonies.ages()
        ]
        destroyable = ceremonies.subjects()[Kind.DESTROY]
        return {"keys": ages, "destroyable": destroyable}

    def by(
        username: str, password: str, code: str, work: Callable[[Person], Awaitable[Ceremony]]
    ) -> dict[str, Any]:
        done = asyncio.run(signed_in_for(services.accounts, username, password, code, work))
        return done.model_dump(mode="json")

    def keys_propose(
        kind: str, subject: str, reason: str, username: str, password: str, code: str
    ) -> dict[str, Any]:
        def work(person: Person) -> Awaitable[Ceremony]:
            return services.ceremonies.propose(person, Kind(kind), subject, reason, new_id())

        return by(username, password, code, work)

    def keys_decide(
        ceremony: str, decision: str, username: str, password: str, code: str
    ) -> dict[str, Any]:
        ceremonies = services.ceremonies
        decide = ceremonies.confirm if decision == "confirm" else ceremonies.decline
        return by(username, password, code, lambda person: decide(person, ceremony))

    return {"keys-list": keys_list, "keys-propose": keys_propose, "keys-decide": keys_decide}


def _who(title: str) -> Callable[[Wrapper], Wrapper]:
    """Ask for both factors; nothing of them stands in the shell's history."""

    def add(command: Wrapper) -> Wrapper:
        code = click.option("--code", prompt="One-time code", hidden=True)
        password = click.option("--password", prompt="Password", hide_input=True, hidden=True)
        username = click.option("--user", "username", prompt=title, help=f"{title}'s user name.")
        return username(password(code(command)))

    return add


def keys_group(do: Wrapper, data_option: Wrapper, in_words: Wrapper) -> click.Group:
    """The group of commands; `do` gives a command to the installation."""

    @click.group("keys")
    def keys() -> None:
        """Keys of the installation: looked at by one, replaced and destroyed by two people."""

    @keys.command("list")
    @click.option("--json", "as_json", is_flag=True, help="Print for a programme.")
    @data_option
    @in_words
    def keys_list(as_json: bool, data_dir: Any) -> None:
        """List the keys with epoch and age, never their values, and what can be destroyed."""
        found = do(data_dir, "keys-list")
        if as_json:
            click.echo(json.dumps(found))
            return
        for name, epoch, since, replaceable in found["keys"]:
            note = "" if replaceable else "  (never replaced)"
            click.echo(f"{name:22} epoch {epoch}  since {since or 'unknown'}{note}")
        for subject in found["destroyable"]:
            click.echo(f"can be destroyed: {subject}")

    def proposing(kind: Kind, told: str) -> Wrapper:
        @click.argument("name")
        @click.option("--reason", required=True, help="At least 20 characters; name no person.")
        @_who("Administrator")
        @data_option
        @in_words
        def propose(
            name: str, reason: str, username: str, password: str, code: str, data_dir: Any
        ) -> None:
            who = {"username": username, "password": password, "code": code}
            made = do(data_dir, "keys-propose", kind=kind.value, subject=name, reason=reason, **who)
            click.echo(f"Proposed: {made['id']}, to be confirmed before {made['ends_at']}.")
            click.echo("The data protection officer confirms at /office/ceremonies, or with")
            click.echo(f"equality-survey keys confirm {made['id']}")

        propose.__doc__ = told
        return propose

    keys.command("rotate")(
        proposing(
            Kind.ROTATE,
            "Propose to replace the key NAME while the service goes on (see `keys list`).",
        )
    )
    keys.command("destroy")(
        proposing(Kind.DESTROY, "Propose to destroy NAME for good (see `keys list`).")
    )

    def deciding(decision: str, told: str) -> Wrapper:
        @click.argument("ceremony")
        @_who("Data protection officer")
        @data_option
        @in_words
        def decide(ceremony: str, username: str, password: str, code: str, data_dir: Any) -> None:
            who = {"username": username, "password": password, "code": code}
            done = do(data_dir, "keys-decide", ceremony=ceremony, decision=decision, **who)
            click.echo(f"{done['kind']} {done['subject']}: {done['state']}")

        decide.__doc__ = told
        return decide

    keys.command("confirm")(
        deciding("confirm", "Confirm what an administrator proposed, and carry it out.")
    )
    keys.command("decline")(deciding("decline", "Decline what an administrator proposed."))
    return keys
