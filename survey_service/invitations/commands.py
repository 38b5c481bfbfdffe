"""`equality-survey wave slips`: invitation slips, written to print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

Wrapper = Callable[..., Any]


def slips_command(do: Wrapper, data_option: Wrapper, in_words: Wrapper) -> click.Command:
    """Return the command; `do` gives it to the running service or does it here."""

    @click.command("slips")
    @click.argument("wave_id")
    @click.option("--count", type=click.IntRange(1, 500), required=True, help="How many slips.")
    @click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        help="The file to print from (HTML). Delete it once it is printed.",
    )
    @data_option
    @in_words
    def slips(wave_id: str, count: int, output: Path, data_dir: Path) -> None:
        """Make invitation slips and write them as a sheet to print; they are kept nowhere else."""
        # The file first: slips that could not be written would be lost, being kept nowhere.
        with output.open("x", encoding="utf-8") as file:
            output.chmod(0o600)
            try:
                file.write(do(data_dir, "slips-make", wave=wave_id, count=str(count)))
            except BaseException:
                output.unlink()
                raise
        click.echo(output)

    return slips
