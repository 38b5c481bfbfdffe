"""Opens a file by what it holds, not by what it is called."""

from __future__ import annotations

import re

from survey_service.surveys.xlsform.compound import MAGIC
from survey_service.surveys.xlsform.findings import Unreadable
from survey_service.surveys.xlsform.legacy import read_xls
from survey_service.surveys.xlsform.markdown import read_markdown
from survey_service.surveys.xlsform.package import read_xlsx
from survey_service.surveys.xlsform.sheets import MAX_BYTES, Workbook

READ = ("survey", "choices", "settings")
"""The sheets that say what is asked; others are named in the report and left out."""


_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""How text in UTF-16 begins, as Windows calls Unicode."""


def read_workbook(data: bytes) -> Workbook:
    """The sheets of an .xlsx or .xls file, or of Markdown tables.

    Raises:
        Unreadable: the file is too large, of another kind, damaged, or must not be opened.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(
            f"The file is larger than {MAX_BYTES // 1_000_000} MB.",
            "Remove pictures, colours and sheets that are not needed.",
        )
    if data.startswith(b"PK"):
        return read_xlsx(data, READ.__contains__)
    if data.startswith(MAGIC):
        return read_xls(data, READ.__contains__)
    try:
        text = data.decode("utf-16" if data.startswith(_WIDE) else "utf-8-sig")
    except UnicodeDecodeError:
        text = ""
        if b"|" in data and b"\0" not in data:
            raise Unreadable(
                "The text of the file is in another encoding than UTF-8.",
                "Save it as UTF-8, or as .xlsx.",
            ) from None
    if not text.strip() or "\0" in text:
        raise Unreadable(
            "The file is neither a spreadsheet nor a Markdown table.", "Save it as .xlsx."
        )
    if "|" not in text and re.match(r"[^\n]*\b(?:type|survey)\b[^\n]*[,;\t]", text):
        raise Unreadable(
            "The file is neither a spreadsheet nor a Markdown table.",
            "Save it as .xlsx: a CSV file holds one sheet only.",
        )
    return read_markdown(text)
