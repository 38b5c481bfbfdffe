"""`equality-survey survey` and `equality-survey wave`: what a coordinator does at the machine."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from survey_service.surveys.xlsform.commands import import_command, survey_check, survey_export

Wrapper = Callable[..., Any]


def survey_group(do: Wrapper, data_option: Wrapper, in_words: Wrapper) -> click.Group:
    """Return the group; `do` gives a command to the running service or does it here."""

    @click.group()
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
    @data_option
    @in_words
    def survey_add(slug: str, notice: Path, planned_sample: int, data_dir: Path) -> None:
        """Store the core questionnaire with your notice as a wave in draft; print its id."""
        from survey_service.surveys.core import read_notice

        told = read_notice(notice).model_dump_json()
        sample = str(planned_sample)
        click.echo(do(data_dir, "survey-add", survey=slug, notice=told, planned_sample=sample))

    @survey.command("notice")
    @click.argument("wave_id")
    @click.option(
        "--notice",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        required=True,
        help="A folder with notice.json and notice.TAG.md for each language.",
    )
    @data_option
    @in_words
    def survey_notice(wave_id: str, notice: Path, data_dir: Path) -> None:
        """Put a new version of the notice into force; open forms are asked to decide again."""
        from survey_service.surveys.core import read_notice

        told = read_notice(notice).model_dump_json()
        click.echo(do(data_dir, "notice-add", wave=wave_id, notice=told))

    for command in (import_command(do, data_option, in_words), survey_check, survey_export):
        survey.add_command(command)
    return survey


def wave_group(do: Wrapper, data_option: Wrapper, in_words: Wrapper) -> click.Group:
    """Return the group; `do` gives a command to the running service or does it here."""

    @click.group()
    def wave() -> None:
        """Waves of field work."""

    @wave.command("list")
    @data_option
    @in_words
    def wave_list(data_dir: Path) -> None:
        """List the waves: id, survey, number, state."""
        for line in do(data_dir, "wave-list"):
            click.echo(line)

    @wave.command("check")
    @click.argument("wave_id")
    @data_option
    @in_words
    def wave_check(wave_id: str, data_dir: Path) -> None:
        """Show what keeps a wave from opening (error), and what to answer for (warning)."""
        found = do(data_dir, "wave-check", wave=wave_id)
        for line in found:
            click.echo(line)
        if any(line.startswith("error") for line in found):
            sys.exit(1)

    @wave.command("open")
    @click.argument("wave_id")
    @click.option(
        "--reason", default="", help="Why you open in spite of the warnings; it is logged."
    )
    @data_option
    @in_words
    def wave_open(wave_id: str, reason: str, data_dir: Path) -> None:
        """Open a wave; its settings are locked from then on."""
        click.echo(do(data_dir, "wave-open", wave=wave_id, reason=reason))

    @wave.command("close")
    @click.argument("wave_id")
    @data_option
    @in_words
    def wave_close(wave_id: str, data_dir: Path) -> None:
        """Close a wave: settle what waits and rewrite every row in random order."""
        click.echo(do(data_dir, "wave-close", wave=wave_id))

    @wave.command("archive")
    @click.argument("wave_id")
    @data_option
    @in_words
    def wave_archive(wave_id: str, data_dir: Path) -> None:
        """Archive a closed wave: freezes go, releases stay, nothing more is asked of it."""
        click.echo(do(data_dir, "wave-archive", wave=wave_id))

    return wave
