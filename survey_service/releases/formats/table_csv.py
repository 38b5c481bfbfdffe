"""The released table as CSV with the columns of SDMX-CSV, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from schemas.release import Release
from survey_service.releases.formats.cells import CONF_STATUS, OBS_STATUS, cells, filter_codes
from survey_service.releases.wording import Words, category_words

_FORMULA_STARTS = frozenset("=+-@\t\r\n|%＝＋－＠")


def neutral(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula.

    Source: OWASP, CSV injection: a leading apostrophe keeps the cell a text.
    """
    return f"'{text}" if text.lstrip(" ")[:1] in _FORMULA_STARTS else text


def table_csv(release: Release, words: Words) -> bytes:
    """Return one line per cell; a withheld cell has no number and the status that says so."""
    table = release.table
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    heading = ["SURVEY", "WAVE", "FREEZE"]
    for dimension in table.dimensions:
        name = dimension.variable
        heading += [name, f"{name}_KIND", f"{name}_LABEL"]
    writer.writerow([*heading, "FILTER", "OBS_VALUE", "OBS_STATUS", "CONF_STATUS"])
    fixed = [neutral(release.survey), neutral(release.wave), release.frozen_on.isoformat()]
    filters = neutral(filter_codes(table))
    for cell in cells(table):
        line = list(fixed)
        for category in cell.categories:
            label = neutral(category_words(category, words))
            line += [neutral(category.code), category.kind.value, label]
        value = "" if cell.value is None else str(cell.value)
        writer.writerow([*line, filters, value, OBS_STATUS[cell.mark], CONF_STATUS[cell.mark]])
    return out.getvalue().encode("utf-8")
