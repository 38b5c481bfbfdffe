"""The released table as a chart: an SVG image without script, of published numbers only.

A withheld cell is an empty dashed box with its mark, never a bar and never nothing; a zero is
the number 0 at the axis; a small group's bar is pale and its number stands in brackets.

It is as wide as a phone, and what a bar is stands above it: so its words can be read where the
picture is not made smaller, and none is cut off where a reader's font is wider than ours.
"""

from __future__ import annotations

import textwrap
from typing import Any

import altair as alt
import vl_convert

from schemas.release import Category, CategoryKind, Mark, PrintedTable, Release
from survey_service.releases.formats.cells import cells, shown
from survey_service.releases.wording import Words, category_words, table_title

MOST_BARS = 90
WIDTH = 340
LONGEST_LINE = 30
"""Letters of a title in a line: bold, of 15 px and Cyrillic, as wide as the drawing."""
_INK, _BLUE, _PALE, _GREY = "#1d1c1a", "#1f5a96", "#8fb2d6", "#6b675f"
_FONT = "Helvetica, Arial, sans-serif"


def chart_svg(release: Release, words: Words) -> bytes:
    """Return the chart; the same release and language give the same bytes."""
    rows = _bars(release.table, words)
    chart = _chart(rows, table_title(release.table, words), words)
    return vl_convert.vegalite_to_svg(chart.to_dict()).encode("utf-8")


def _bars(table: PrintedTable, words: Words) -> list[dict[str, Any]]:
    """Return one bar per published fact: every row in a panel per column, totals left out.

    Where these are too many, or two of three are withheld, the totals over the columns.
    """
    bars = _panels(table, words, table.columns)
    told = sum(bar["mark"] != Mark.WITHHELD for bar in bars)
    fits = len(bars) <= MOST_BARS and 3 * told >= len(bars)
    return bars if fits or not table.columns else _panels(table, words, ())


def _panels(table: PrintedTable, words: Words, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    names = [dimension.variable for dimension in table.dimensions]
    bars: list[dict[str, Any]] = []
    for cell in cells(table):
        key = dict(zip(names, cell.categories, strict=True))
        if not _belongs(key, table, columns):
            continue
        bars.append(
            {
                "panel": _joined([key[name] for name in columns or table.columns], words),
                "row": _joined([key[name] for name in table.rows], words),
                "order": len(bars),
                "value": cell.value or 0,
                "label": shown(cell.value, cell.mark),
                "mark": cell.mark.value,
            }
        )
    return bars


def _belongs(key: dict[str, Category], table: PrintedTable, columns: tuple[str, ...]) -> bool:
    """Totals are left out, except over the columns the chart has no room for."""
    for name, category in key.items():
        summed = name in table.columns and name not in columns
        if (category.kind is CategoryKind.TOTAL) != summed:
            return False
    return True


def _joined(categories: list[Category], words: Words) -> str:
    return ", ".join(category_words(category, words) for category in categories)


def _chart(bars: list[dict[str, Any]], title: str, words: Words) -> Any:
    most = max((bar["value"] for bar in bars), default=0)
    # Beyond the longest bar there is room for its number.
    limit = max(10.0, most * 1.25)
    order = list(dict.fromkeys(bar["row"] for bar in bars))
    panels = list(dict.fromkeys(bar["panel"] for bar in bars))
    y = alt.Y("row:N", sort=order, title=None, axis=None)
    x = alt.X(
        "value:Q",
        title=words.say("Number of people"),
        scale=alt.Scale(domain=[0, limit]),
        axis=alt.Axis(tickCount=4, format="d", grid=True),
    )
    base = alt.Chart(alt.InlineData(values=bars)).encode(y=y)
    counted = base.transform_filter(f"datum.mark != '{Mark.WITHHELD}'")
    withheld = base.transform_filter(f"datum.mark == '{Mark.WITHHELD}'")
    colour = alt.condition(f"datum.mark == '{Mark.FLAGGED}'", alt.value(_PALE), alt.value(_BLUE))
    box = withheld.transform_calculate(end=str(limit * 0.07))
    at_axis = alt.X(datum=0)
    layers = alt.layer(
        base.mark_text(align="left", yOffset=-11, fontSize=14, color=_INK).encode(
            x=at_axis, text="row:N"
        ),
        counted.mark_bar(height=14, yOffset=6).encode(x=x, color=colour),
        counted.mark_text(align="left", dx=4, yOffset=6, fontSize=14, color=_INK).encode(
            x=x, text="label:N"
        ),
        box.mark_bar(
            height=14, yOffset=6, fill="transparent", stroke=_GREY, strokeDash=[3, 2]
        ).encode(x=alt.X("end:Q", title=words.say("Number of people"))),
        withheld.mark_text(align="left", dx=5, yOffset=6, fontSize=14, color=_GREY).encode(
            x=at_axis, text="label:N"
        ),
    ).properties(width=WIDTH, height={"step": 38})
    header = alt.Header(
        title=None, labelFontWeight="bold", labelAnchor="start", labelLimit=WIDTH, labelFontSize=15
    )
    facet = alt.Facet("panel:N", sort=panels, title=None, header=header)
    return (
        layers.facet(facet=facet, columns=1)
        .properties(
            title=alt.Title(
                textwrap.wrap(title, LONGEST_LINE), anchor="start", offset=16, fontSize=15
            ),
            background="white",
        )
        .configure(font=_FONT)
        .configure_axis(
            labelFontSize=14,
            titleFontSize=14,
            labelColor=_INK,
            titleColor=_INK,
            gridColor="#e4e0d8",
        )
        .configure_view(stroke=None)
    )
