"""Commands about the audit log: checking an export without the platform's stores."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import click

from survey_service.audit_log import verifier

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("verify")
@click.argument("export", type=_FILE)
@click.option("--checkpoint", type=_FILE, help="The checkpoint you saved.")
@click.option("--proof", type=_FILE, help="The .tlog-proof of one entry, instead of a checkpoint.")
@click.option("--key", required=True, help="The log's public key, or a file that holds it.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for machines.")
def verify(
    export: Path, checkpoint: Path | None, proof: Path | None, key: str, as_json: bool
) -> None:
    """Check an exported log (or one entry) offline: exit 0 holds, 1 changed, 2 bad input."""
    if (checkpoint is None) == (proof is None):
        raise click.UsageError("Name a --checkpoint for an export, or a --proof for one entry.")
    try:
        report = verifier.run(export, key, checkpoint, proof)
    except (verifier.Unreadable, OSError, ValueError, zipfile.BadZipFile) as error:
        click.echo(f"Cannot check: {error}", err=True)
        sys.exit(2)
    verifier.print_report(report, sys.stdout, as_json=as_json)
    sys.exit(0 if report.holds else 1)


COMMANDS = (verify,)
