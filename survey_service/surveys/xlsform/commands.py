"""`equality-survey survey import`, `check` and `export`."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click

from schemas.questionnaire import Questionnaire
from survey_service.surveys.media.by_command import files_beside, in_lines
from survey_service.surveys.media.limits import CleanFile
from survey_service.surveys.xlsform.findings import Finding, Outcome, as_plain
from survey_service.surveys.xlsform.lint import LINT
from survey_service.surveys.xlsform.sheets import MAX_BYTES

_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
_language = click.option(
    "--language", default="und", help="Tag of the language of columns that name none, such as lv."
)
_json = click.option("--json", "as_json", is_flag=True, help="Print for a programme.")
_COUNTED = (Outcome.ACCEPTED, Outcome.DROPPED, Outcome.WARNING, Outcome.REFUSED)


_media = click.option(
    "--media",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the pictures and recordings that the file names.",
)


class Examined(NamedTuple):
    """What a file holds, unless something is refused; all there is to say of it; what is beside."""

    questionnaire: Questionnaire | None
    findings: tuple[Finding, ...]
    files: dict[str, CleanFile]


def examine(file: Path, language: str, media: Path | None = None) -> Examined:
    """Read a file, and what of the pictures and recordings it names is in the folder."""
    from survey_service.surveys.core import load
    from survey_service.surveys.xlsform.importing import import_workbook
    from survey_service.surveys.xlsform.lint import lint

    core = load()
    with file.open("rb") as opened:
        data = opened.read(MAX_BYTES + 1)
    found = import_workbook(
        data,
        code_lists=core.code_lists,
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
        language=language,
        files=_names_in(media),
    )
    files, refused = files_beside(media, found.named)
    made = None if refused else found.questionnaire
    said = (*found.findings, *refused, *(lint(made, core.hierarchies) if made else ()))
    return Examined(made, said, files)


def _names_in(folder: Path | None) -> list[str]:
    return [unicodedata.normalize("NFC", one.name) for one in folder.iterdir()] if folder else []


def show(findings: tuple[Finding, ...], *, as_json: bool, every: bool) -> None:
    """Print the report: what is refused, dropped or to look at, and on request every row."""
    if as_json:
        click.echo(json.dumps(as_plain(findings), ensure_ascii=False, indent=1))
        return
    for finding in findings:
        if every or finding.outcome is not Outcome.ACCEPTED:
            click.echo(_shown(finding))
    counts = (f"{sum(f.outcome is o for f in findings)} {o.value}" for o in _COUNTED)
    click.echo(", ".join(counts) + ".")


def _shown(finding: Finding) -> str:
    """One line that no text of the file can break or colour."""
    return "".join(c if c.isprintable() else " " for c in str(finding))


@click.command("check")
@_file
@_media
@_language
@click.option("--all", "every", is_flag=True, help="Show the accepted rows too.")
@_json
def survey_check(file: Path, media: Path | None, language: str, every: bool, as_json: bool) -> None:
    """Read a questionnaire from .xlsx or Markdown and report on every row; store nothing."""
    found = examine(file, language, media)
    show(found.findings, as_json=as_json, every=every)
    if found.questionnaire is None:
        sys.exit(1)


def import_command(
    do: Callable[..., Any], data_option: Callable[..., Any], in_words: Callable[..., Any]
) -> click.Command:
    """The command that stores; `do` gives a command to the installation."""

    @click.command("import")
    @_file
    @_media
    @click.option("--slug", help="The survey's name in addresses.  [default: the form_id]")
    @click.option(
        "--notice",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A folder with notice.json and notice.TAG.md for each language.  "
        "[default: the core survey's]",
    )
    @click.option(
        "--planned-sample", type=click.IntRange(1, 1_000_000), default=1000, show_default=True
    )
    @_language
    @_json
    @data_option
    @in_words
    def survey_import(
        file: Path,
        media: Path | None,
        slug: str | None,
        notice: Path | None,
        planned_sample: int,
        language: str,
        as_json: bool,
        data_dir: Path,
    ) -> None:
        """Store a questionnaire from .xlsx or Markdown as a wave in draft; whole or not at all."""
        from survey_service.surveys.core import load, read_notice

        found = examine(file, language, media)
        show(found.findings, as_json=as_json, every=False)
        made = found.questionnaire
        if made is None:
            click.echo("Nothing was stored.", err=True)
            sys.exit(1)
        told = read_notice(notice) if notice else load().notice
        if notice is None:
            click.echo("No --notice: the core survey's is taken. Look whether it fits.", err=True)
        name = slug or re.sub(r"[^a-z0-9]+", "-", made.id.lower()).strip("-")
        wave = do(
            data_dir,
            "survey-add",
            survey=name,
            notice=told.model_dump_json(),
            planned_sample=str(planned_sample),
            questionnaire=made.model_dump_json(),
            report=json.dumps(as_plain(f for f in found.findings if f.place.sheet != LINT)),
        )
        for asked in in_lines(name, made, found.files):
            do(data_dir, "media-add", **asked)
        click.echo(wave, err=as_json)

    return survey_import


@click.command("export")
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
def survey_export(output: Path) -> None:
    """Write the core questionnaire as a spreadsheet: .xlsx, or .md as Markdown tables."""
    from survey_service.surveys.core import load
    from survey_service.surveys.xlsform.exporting import as_sheets
    from survey_service.surveys.xlsform.markdown import write_markdown
    from survey_service.surveys.xlsform.spreadsheet import write_xlsx

    core = load()
    sheets = as_sheets(core.questionnaire, core.code_lists)
    if output.suffix.lower() == ".xlsx":
        output.write_bytes(write_xlsx(sheets))
    elif output.suffix.lower() == ".md":
        output.write_text(write_markdown(sheets), encoding="utf-8")
    else:
        raise click.BadParameter("the name ends in .xlsx or .md", param_hint="OUTPUT")
    click.echo(output)
