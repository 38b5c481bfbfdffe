"""`equality-survey escrow`: what an officer does on a machine of his own, away from the server."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from pydantic import ValidationError

from schemas.escrow import fingerprint
from schemas.vocabulary import Frozen
from survey_service.accounts.passwords import refuse_weak
from survey_service.collection.code import Code, CodeMistyped
from survey_service.escrow.officer_keys import OfficerKeyFile, new_key_file
from survey_service.escrow.sealing import SealedFile, codes_in, without_outer
from survey_service.problems import InvalidInput
from survey_service.stores.errors import EnvelopeBroken

M = TypeVar("M", bound=Frozen)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(dir_okay=False, path_type=Path)
Wrapper = Callable[..., Any]


def escrow_group(in_words: Wrapper) -> click.Group:
    """Return the group; none of its commands touches a data folder."""

    @click.group("escrow")
    def escrow() -> None:
        """Lost codes: an officer's key, and the sealed files it opens. Not for the server."""

    escrow.add_command(click.command("keypair")(_with_keypair_options(in_words(keypair))))
    escrow.add_command(click.command("open")(_with_open_options(in_words(open_file))))
    return escrow


def _with_keypair_options(command: Wrapper) -> Wrapper:
    return click.option(
        "--output", type=_NEW, required=True, help="The new file for the private key."
    )(command)


def _with_open_options(command: Wrapper) -> Wrapper:
    for option in (
        click.option("--output", type=_NEW, help="The new file for the second officer."),
        click.option("--key", type=_FILE, required=True, help="Your private key."),
        click.argument("file", type=_FILE),
    ):
        command = option(command)
    return command


def keypair(output: Path) -> None:
    """Make an officer's key: the private half into a file, the public half to be told."""
    if output.exists():
        _refuse(2, f"{output} is there already. Choose another name: a key is never overwritten.")
    passphrase = click.prompt(
        "A passphrase for the key (at least 15 characters; a sentence is good)",
        hide_input=True,
        confirmation_prompt=True,
    )
    try:
        refuse_weak("passphrase", passphrase, "")
    except InvalidInput as weak:
        (field,) = weak.fields
        said = f"{field.message} {field.remedy}" % dict(field.values)
        _refuse(2, said.replace("password", "passphrase"))
    made = new_key_file(passphrase)
    _write(output, made)
    click.echo(f"public key:  {made.public}")
    click.echo(f"fingerprint: {made.fingerprint}")
    click.echo("")
    click.echo(f"Keep {output} and a copy of it where nobody else comes, never on the server.")
    click.echo("Send the public key to whoever prepares the wave, and read the fingerprint to him.")


def open_file(file: Path, key: Path, output: Path | None) -> None:
    """Open your layer of a sealed file: the first officer's into --output, then the second's."""
    sealed = _read(SealedFile, file, "a sealed file of this platform")
    held = _read(OfficerKeyFile, key, "an officer's private key")
    first = sealed.layer == "outer"
    _refuse_other_officer(sealed, held)
    if first and output is None:
        _refuse(2, "Name with --output the new file that the second officer gets.")
    if first and output is not None and output.exists():
        _refuse(2, f"{output} is there already. Choose another name.")
    passphrase = click.prompt("The passphrase of your key", hide_input=True)
    try:
        private = held.private(passphrase)
    except EnvelopeBroken:
        _refuse(1, "The key does not open: another passphrase, or its file was changed.")
    try:
        if first and output is not None:
            _write(output, without_outer(private, sealed))
            click.echo(f"Opened your layer. Give {output} to the second officer, whose key is")
            click.echo(fingerprint(sealed.keys.inner))
            return
        found = [Code.read(symbols) for symbols in codes_in(private, sealed)]
    except (EnvelopeBroken, CodeMistyped, UnicodeDecodeError):
        _refuse(1, "The file was changed on its way: your key is the right one, but nothing opens.")
    _tell(found)


def _tell(found: list[Code]) -> None:
    if not found:
        click.echo("There is no code in it. Nobody with this name and number said yes in this")
        click.echo("wave, or the form was sent in the last days and is not settled yet.")
        return
    for code in found:
        click.echo(code.text)
    click.echo("Give it to the person alone, then delete both files. Do not look at the answers.")
    if len(found) > 1:
        click.echo("More than one form was sent under this name and number; each has its code.")


def _refuse_other_officer(sealed: SealedFile, held: OfficerKeyFile) -> None:
    """Say whose turn it is, where it is not this officer's."""
    mine = {"outer": sealed.keys.outer, "inner": sealed.keys.inner}
    if held.public == mine[sealed.layer]:
        return
    whose = fingerprint(mine[sealed.layer])
    if held.public not in mine.values():
        _refuse(1, f"This key is neither officer's of this wave. The key that is needed: {whose}")
    if sealed.layer == "outer":
        _refuse(1, f"You are the second officer. First the other one opens it; his key: {whose}")
    _refuse(1, f"You have opened your layer already. Now the second officer's key: {whose}")


def _read(kind: type[M], path: Path, what: str) -> M:
    try:
        return kind.model_validate_json(path.read_bytes())
    except ValidationError:
        _refuse(2, f"{path} is not {what}, or it was changed.")


def _write(path: Path, what: Frozen) -> None:
    """Write a new file that nobody else reads."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(what.model_dump_json(indent=1) + "\n")


def _refuse(code: int, said: str) -> NoReturn:
    click.echo(said, err=True)
    sys.exit(code)
