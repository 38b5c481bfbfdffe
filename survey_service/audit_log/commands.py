"""Commands about the audit log: checking an export anywhere, and the store where it lies."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import click

from survey_service.audit_log import verifier
from survey_service.audit_log.checking import Verification
from survey_service.audit_log.service import AuditLog
from survey_service.audit_log.words import FINDING_WORDS
from survey_service.settings import Settings
from survey_service.stores.errors import StoreRefused
from survey_service.stores.keyring import Keyring
from survey_service.stores.store import Store

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify")
@click.argument("export", type=_FILE)
@click.option("--checkpoint", type=_FILE, help="The checkpoint you saved.")
@click.option("--proof", type=_FILE, help="The .tlog-proof of one entry, instead of a checkpoint.")
@click.option("--certificate", is_flag=True, help="A certificate of erasure, which needs no more.")
@click.option("--key", required=True, help="The log's public key, or a file that holds it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def verify(
    export: Path,
    checkpoint: Path | None,
    proof: Path | None,
    certificate: bool,
    key: str,
    as_json: bool,
) -> None:
    """Check an exported log, one entry or a certificate offline: exit 0 holds, 1 changed."""
    if (checkpoint is not None) + (proof is not None) + certificate != 1:
        raise click.UsageError(
            "Name a --checkpoint for an export, a --proof for one entry, or --certificate."
        )
    try:
        report = verifier.run(export, key, checkpoint, proof)
    except (verifier.Unreadable, OSError, ValueError, zipfile.BadZipFile) as error:
        click.echo(f"Cannot check: {error}", err=True)
        sys.exit(2)
    verifier.print_report(report, sys.stdout, as_json=as_json)
    sys.exit(0 if report.holds else 1)


@click.command("check")
@click.option(
    "--data-dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("data"),
    show_default=True,
    envvar="EQUALITY_DATA_DIR",
    help="The folder that holds stores, keys and tombstones.",
)
@click.option("--checkpoint", type=_FILE, help="A checkpoint you saved, to compare with.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def check(data_dir: Path, checkpoint: Path | None, as_json: bool) -> None:
    """Check the log where it lies, beside a running service: exit 0 holds, 1 changed.

    It works when the pages do not: a log too damaged to be added to lets nobody sign in.
    """
    try:
        found = _checked(data_dir, checkpoint.read_text(encoding="utf-8") if checkpoint else None)
    except (StoreRefused, OSError, ValueError) as error:
        click.echo(f"Cannot check: {error}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json")))
    elif found.finding is None:
        click.echo(f"Everything holds: {found.size} entries, {found.checkpoints} checkpoints.")
    else:
        words = FINDING_WORDS[found.finding] % {"first": found.first_bad, "last": found.last_bad}
        click.echo(f"BROKEN: {words}")
    sys.exit(0 if found.sound else 1)


def _checked(data_dir: Path, saved: str | None) -> Verification:
    settings = Settings.from_environment(data_dir)
    url, path = settings.store_urls.get("audit"), data_dir / "stores" / "audit.sqlite"
    if url is None and not path.is_file():
        raise StoreRefused("there is no audit log in this folder")
    store = Store("audit", url=url) if url else Store("audit", path=path)
    log = AuditLog(store, Keyring.load(settings.keys_dir))
    try:
        return log.verify_all_now() if saved is None else log.verify_since_now(saved).verification
    finally:
        store.close()


COMMANDS = (verify, check)
