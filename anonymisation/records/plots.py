"""The report's pictures, as SVG text drawn here: no page asks another for anything."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import altair as alt
import vl_convert

from anonymisation.records.candidates import Candidate, Setting

BEFORE, AFTER, CHOSEN = "#b0aca3", "#1d5fa8", "#b3261e"
FONT = "sans-serif"
WIDTH, HEIGHT = 420, 220


def class_sizes(before: Mapping[int, int], after: Mapping[int, int], records: int) -> str:
    """Share of records in classes of at least so many, before and after."""
    rows = [
        {"size": str(size), "share": count / records, "file": name}
        for name, sizes in (("before", before), ("after", after))
        for size, count in sizes.items()
    ]
    chart = _bars(rows, "size", "share", "class of at least … records", "share of records")
    return _svg(chart)


def distances(marginal: Mapping[str, tuple[float, float]]) -> str:
    """Total variation distance of each quasi-identifier."""
    rows = [{"column": name, "distance": pair[0]} for name, pair in marginal.items()]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(color=AFTER)
        .encode(
            x=alt.X("distance:Q", title="total variation distance"),
            y=alt.Y("column:N", title=None, sort=None),
        )
        .properties(width=WIDTH, height=max(60, 24 * len(rows)))
    )
    return _svg(chart)


def risk_distribution(before: Sequence[float], after: Sequence[float]) -> str:
    """Records by individual risk, before and after; both (records,)."""
    edges = (0.0, 1e-9, 0.01, 0.05, 0.1, 0.2, 0.5, 1.0)
    names = ("none", "up to 1 %", "1-5 %", "5-10 %", "10-20 %", "20-50 %", "above 50 %")
    rows = []
    for name, risks in (("before", before), ("after", after)):
        counts = [0] * len(names)
        for value in risks:
            counts[sum(value > edge for edge in edges[1:-1])] += 1
        rows += [
            {"risk": label, "records": count, "file": name}
            for label, count in zip(names, counts, strict=True)
        ]
    return _svg(_bars(rows, "risk", "records", "individual risk", "records"))


def risk_utility(candidates: Sequence[Candidate], chosen: Setting) -> str:
    """Every candidate by loss and expected re-identifications, the chosen one marked."""
    rows = [
        {
            "loss": c.loss, "rate": c.rate, "setting": str(c.setting),
            "which": "chosen" if c.setting == chosen else c.setting.method,
            "label": f"k {c.setting.k}, {c.setting.suppression_limit:.0%}",
        } for c in candidates if _placed(c)
    ]  # fmt: skip
    points = alt.Chart(alt.InlineData(values=rows)).encode(
        x=alt.X("loss:Q", title="loss"),
        y=alt.Y("rate:Q", title="expected re-identifications per record"),
    )
    colours = alt.Scale(
        domain=["optimal", "mondrian", "local", "chosen"],
        range=[AFTER, "#5b7f3a", "#8a5a9e", CHOSEN],
    )
    marks = points.mark_point(filled=True, size=70).encode(
        color=alt.Color("which:N", title=None, scale=colours),
        shape=alt.Shape("which:N", title=None, scale=alt.Scale(
            domain=["optimal", "mondrian", "local", "chosen"],
            range=["circle", "square", "triangle-up", "diamond"])),
    )  # fmt: skip
    words = points.mark_text(align="left", dx=7, dy=-5, fontSize=10).encode(text="label:N")
    return _svg((marks + words).properties(width=WIDTH + 120, height=HEIGHT + 80))


def _placed(candidate: Candidate) -> bool:
    """Whether the candidate has a place on the map: one of which nothing is left has none."""
    figures = (candidate.loss, candidate.rate)
    return all(figure is not None and isfinite(figure) for figure in figures)


def _bars(rows: list[dict[str, Any]], x: str, y: str, below: str, beside: str) -> Any:
    scale = alt.Scale(domain=["before", "after"], range=[BEFORE, AFTER])
    return (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X(f"{x}:N", title=below, sort=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("file:N", sort=["before", "after"]),
            y=alt.Y(f"{y}:Q", title=beside),
            color=alt.Color("file:N", title=None, scale=scale),
        )
        .properties(width=WIDTH, height=HEIGHT)
    )


def _svg(chart: Any) -> str:
    spec = chart.configure(font=FONT).configure_view(stroke=None).to_dict()
    return str(vl_convert.vegalite_to_svg(json.dumps(spec)))
