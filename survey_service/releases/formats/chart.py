"""The released table as a chart: an SVG image without script, of published numbers only.

A withheld cell is an empty dashed box with its mark, never a bar and never nothing; a zero is
the number 0 at the axis; a small group's bar is pale and its number stands in brackets.
"""

from __future__ import annotations

from typing import Any

import altair as alt
import vl_convert

from schemas.release import Category, CategoryKind, Mark, PrintedTable, Release
from survey_service.releases.formats.cells import cells, shown
from survey_service.releases.wording import Words, category_words, table_title

MOST_BARS = 120
_INK, _BLUE, _PALE, _GREY = "#1d1c1a", "#1f5a96", "#8fb2d6", "#6b675f"
_FONT = "Helvetica, Arial, sans-serif"


def chart_svg(release: Release, words: Words) -> bytes:
    """Return the chart; the same release and language give the same bytes."""
    rows = _bars(release.table, words)
    chart = _chart(rows, table_title(release.table, words), words)
    return vl_convert.vegalite_to_svg(chart.to_dict()).encode("utf-8")


def _bars(table: PrintedTable, words: Words) -> list[dict[str, Any]]:
    """Return one bar per published fact: every row in a panel per column, totals left out."""
    bars = _panels(table, words, table.columns)
    return bars if len(bars) <= MOST_BARS else _panels(table, words, ())


def _panels(table: PrintedTable, words: Words, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    names = [dimension.variable for dimension in table.dimensions]
    bars: list[dict[str, Any]] = []
    for cell in cells(table):
        key = dict(zip(names, cell.categories, strict=True))
        if not _belongs(key, table, columns):
            continue
        bars.append(
            {
                "panel": _joined([key[name] for name in columns], words),
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
    limit = max(10.0, most * 1.18)
    order = list(dict.fromkeys(bar["row"] for bar in bars))
    panels = list(dict.fromkeys(bar["panel"] for bar in bars))
    y = alt.Y("row:N", sort=order, title=None, axis=alt.Axis(labelLimit=260, ticks=False))
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
    layers = alt.layer(
        counted.mark_bar(height={"band": 0.7}).encode(x=x, color=colour),
        counted.mark_text(align="left", dx=4, fontSize=14, color=_INK).encode(x=x, text="label:N"),
        box.mark_bar(
            height={"band": 0.7}, fill="transparent", stroke=_GREY, strokeDash=[3, 2]
        ).encode(x=alt.X("end:Q", title=words.say("Number of people"))),
        withheld.mark_text(align="left", dx=5, fontSize=14, color=_GREY).encode(
            x=alt.datum(0), text="label:N"
        ),
    ).properties(width=420, height={"step": 24})
    header = alt.Header(
        title=None, labelFontWeight="bold", labelAnchor="start", labelLimit=420, labelFontSize=15
    )
    facet = alt.Facet("panel:N", sort=panels, title=None, header=header)
    return (
        layers.facet(facet=facet, columns=1)
        .properties(title=alt.Title(title, anchor="start"), background="white")
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
