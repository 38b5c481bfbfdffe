"""Commands about receipts: check one anywhere, and hand out the key that checks them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from survey_service.consent.signing import Signer, Verdict, check, read_keys
from survey_service.settings import DEFAULT_DATA, Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import Keyring

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DATA = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=DEFAULT_DATA,
    show_default=True,
    envvar="EQUALITY_DATA_DIR",
    help="The folder that holds stores, keys and tombstones.",
)
_SAID = {
    Verdict.VALID: "valid: signed by this survey office, and unchanged",
    Verdict.INVALID: "INVALID: it was changed after it was signed",
    Verdict.NOT_OURS: "not ours: no receipt that this key has signed",
}
_EXIT = {Verdict.VALID: 0, Verdict.INVALID: 1, Verdict.NOT_OURS: 2}


@click.command("verify")
@click.argument("file", type=_FILE)
@click.option("--key", type=_FILE, help="The public key (PEM); without it, this installation's.")
@_DATA
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def verify(file: Path, key: Path | None, data_dir: Path, as_json: bool) -> None:
    """Check a signed receipt offline: exit 0 valid, 1 invalid, 2 not ours."""
    try:
        keys = read_keys(key.read_bytes()) if key is not None else _own(data_dir)
        verdict = check(file.read_bytes(), keys)
    except (StoreRefused, OSError, ValueError) as error:
        told = "there is no public key in that file" if isinstance(error, ValueError) else error
        click.echo(f"Cannot check: {told}", err=True)
        click.echo("Name the public key with --key; the service hands it out at /receipt-key.pem.")
        sys.exit(2)
    if as_json:
        click.echo(json.dumps({"verdict": verdict.value}))
    else:
        click.echo(_SAID[verdict])
    sys.exit(_EXIT[verdict])


@click.command("key")
@_DATA
def key(data_dir: Path) -> None:
    """Print the public key that checks this installation's receipts."""
    try:
        click.echo(_signer(data_dir).public_pem, nl=False)
    except StoreRefused as error:
        click.echo(str(error), err=True)
        sys.exit(1)


def _own(data_dir: Path) -> list[Ed25519PublicKey]:
    return read_keys(_signer(data_dir).public_pem.encode("ascii"))


def _signer(data_dir: Path) -> Signer:
    settings = Settings.from_environment(data_dir)
    return Signer(Keyring.load(settings.keys_dir).secret("receipt-signing"))


COMMANDS = (verify, key)
