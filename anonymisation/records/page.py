"""The report as one page of HTML, with its style and pictures inside."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

STYLE = """
:root { --ink: #22211f; --soft: #65615a; --line: #ddd8cf; --paper: #fffdf9; --blue: #1d5fa8; }
body { margin: 0 auto; padding: 2rem 1rem 4rem; max-width: 60rem; color: var(--ink);
  background: var(--paper); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; } h2 { margin-top: 2.5rem; font-size: 1.3rem; }
p { max-width: 42rem; } .lead { font-size: 1.15rem; } .note { color: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; }
td.n, th.n { text-align: right; } tr.chosen { font-weight: 700; color: var(--blue); }
figure { margin: 1.5rem 0; } figure svg { max-width: 100%; height: auto;
  overflow: visible; }
figcaption { color: var(--soft); } code { overflow-wrap: anywhere; }
@media print {
  body { max-width: none; } h2 { break-after: avoid; } figure { break-inside: avoid; }
}
"""


def page(document: dict[str, Any], pictured: dict[str, Any]) -> str:
    """The page. `pictured`: risks before and after, candidates, the chosen setting."""
    # The pictures' library is slow to load; nothing else needs it.
    from anonymisation.records import plots

    before, after = pictured["before"], pictured["after"]
    records = len(before.individual)
    parts = [
        _head(document, records),
        "<h2>Scenario</h2>", _paragraph(document["scenario"]), _roles(document),
        "<h2>Risk before and after</h2>", _risks(document),
        _figure(plots.class_sizes(before.sizes, after.sizes, records),
                "Records by the size of the class they are in. Withheld records are in none."),
        _figure(plots.risk_distribution(before.individual, after.individual),
                "Records by individual risk (Benedetti and Franconi)."),
        _answers(document), _special(document),
        "<h2>Utility</h2>", _utility(document),
        _figure(plots.distances({n: tuple(pair) for n, pair in
                                 document["utility"]["marginal"].items()}),
                "How far the published distribution of each column is from the true one."),
        _subgroups(document), _overlaps(document),
        "<h2>Risk-utility map</h2>",
        _figure(plots.risk_utility(pictured["points"], pictured["chosen"]),
                "Every setting tried; further left loses less, further down risks less."),
        _candidates(document),
        "<h2>How it was made</h2>", _making(document),
    ]  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Anonymised records: report</title><style>{STYLE}</style></head><body>"
        + "\n".join(parts)
        + "</body></html>\n"
    )


def _head(document: dict[str, Any], records: int) -> str:
    made, asked = document["result"], document["parameters"]
    after = document["risk"]["after"]
    proof = ""
    if made["lower_bound"] is not None:
        proof = (
            " No other combination of levels loses less: lower bound and loss are one number."
            if made["proven_optimal"]
            else f" The search was stopped; the optimum is at least {_text(made['lower_bound'])}."
        )
    share = made["withheld"] / records
    return (
        "<h1>Anonymised records: report</h1>"
        f'<p class="lead">{records:,} records, method {escape(asked["method"])},'
        f" k = {asked['k']}. {made['withheld']:,} records ({share:.1%}) are withheld; the loss is"
        f" {_text(made['loss'])}.{proof} The independent check finds k = {after['checks']['k']};"
        f" elimination leaves {after['exposed']} people with fewer than {asked['k']} candidates."
        '</p><p class="note">This page tells of records that were not published. It stays with'
        " those who may see them.</p>"
    )


def _roles(document: dict[str, Any]) -> str:
    levels = document["result"]["levels"]
    rows = [[name, role, levels.get(name, "")] for name, role in document["roles"].items()]
    return _table("Columns and their roles", ["column", "role", "published level"], rows)


def _risks(document: dict[str, Any]) -> str:
    both = [document["risk"][when] for when in ("before", "after")]
    names = {
        "expected": "expected re-identifications", "rate": "the same per record",
        "largest": "largest individual risk", "largest_of_households": "largest of a household",
        "sample_uniques": "sample uniques",
        "population_uniques": "of these, estimated population uniques",
        "special_uniques": "records that few keys make unique",
        "exposed": "people with fewer than k candidates after elimination",
        "identified": "people with one candidate",
    }  # fmt: skip
    rows = [[label, both[0].get(name), both[1].get(name)] for name, label in names.items()]
    rows += [
        [label, both[0]["checks"][name], both[1]["checks"][name]]
        for name, label in (("k", "smallest class"), ("classes", "classes"))
    ]
    return _table("Risk", ["", "before", "after"], rows)


def _answers(document: dict[str, Any]) -> str:
    after = document["risk"]["after"]
    names = ("distinct", "entropy", "share", "homogeneous", "equal", "ordered", "hierarchical")
    rows = [
        [column, *(found[name] for name in names), after["disclosed"].get(column)]
        for column, found in after["checks"]["answers"].items()
    ]
    heads = ["column", "distinct l", "entropy l", "largest share", "in classes of one answer",
             "t, equal", "t, ordered", "t, hierarchical", "people disclosed"]  # fmt: skip
    return _table("Sensitive columns, after; the worst class", heads, rows)


def _special(document: dict[str, Any]) -> str:
    keys = document["risk"]["before"]["special_by_key"]
    rows = [[name, share] for name, share in sorted(keys.items(), key=lambda item: -item[1])]
    return _table("What makes records unique, before: share of the sets with the key",
                  ["key", "share"], rows)  # fmt: skip


def _utility(document: dict[str, Any]) -> str:
    found = document["utility"]
    rows = [
        ["loss", found["loss"]], ["granularity", found["granularity"]],
        ["discernibility", found["discernibility"]],
        ["information on single values lost (non-uniform entropy)", found["entropy"]],
    ]  # fmt: skip
    pairs = [[f"{a} × {b}", *figures] for a, b, *figures in found["pairwise"]]
    cells = found["suppressed_cells"]
    marginal = [[name, *pair, cells[name]] for name, pair in found["marginal"].items()]
    return (
        _table("Measures", ["", ""], rows)
        + _table(
            "Columns", ["column", "total variation", "Hellinger", "suppressed cells"], marginal
        )
        + _table("Pairs", ["pair", "total variation", "Cramér's V before", "after"], pairs)
    )


def _subgroups(document: dict[str, Any]) -> str:
    rows = [
        [name, group["records"], group["withheld"], group["suppressed_cells"],
         max(group["distances"].values(), default=0.0)]
        for name, group in document["utility"]["subgroups"].items()
    ]  # fmt: skip
    heads = ["subgroup", "records", "withheld", "share of cells suppressed", "largest distance"]
    return _table("Subgroups", heads, rows)


def _overlaps(document: dict[str, Any]) -> str:
    rows = [
        [o["column"] if o["value"] is None else f"{o['column']} = {o['value']}", o["before"][0],
         o["after"][0], o["overlap"]]
        for o in document["utility"]["overlaps"]
    ]  # fmt: skip
    heads = ["estimate", "before", "after", "overlap of the intervals"]
    return _table("Estimates and their 95 % intervals", heads, rows)


def _candidates(document: dict[str, Any]) -> str:
    rows, chosen = [], []
    for point in document["candidates"]:
        said = [point["loss"], point["rate"], point["largest"], point["withheld"]]
        if point["loss"] is None:
            said = ["cannot be met", "", "", ""]
        rows.append([point["method"], point["k"], point["suppression_limit"], *said])
        chosen.append(point["chosen"])
    heads = ["method", "k", "limit", "loss", "expected per record", "largest risk", "withheld"]
    return _table("Settings tried", heads, rows, chosen)


def _making(document: dict[str, Any]) -> str:
    rows = [[name, str(value)] for name, value in document["parameters"].items()]
    rows += [[name, value] for name, value in document["versions"].items()]
    rows += [[name.replace("_", " "), value] for name, value in document["hashes"].items()]
    return _table("Parameters, versions, fingerprints", ["", ""], rows) + _paragraph(
        "Nothing is drawn at random, so there is no seed: the same records and parameters give the"
        " same file."
    )


def _table(
    caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]], chosen: Sequence[bool] = ()
) -> str:
    if not rows:
        return ""
    numeric = [all(isinstance(row[i], int | float | None) for row in rows)
               for i in range(len(heads))]  # fmt: skip
    kinds = [' class="n"' if number else "" for number in numeric]
    head = "".join(f'<th scope="col"{kind}>{escape(str(h))}</th>'
                   for h, kind in zip(heads, kinds, strict=True))  # fmt: skip
    body = ""
    for number, row in enumerate(rows):
        mark = ' class="chosen"' if chosen and chosen[number] else ""
        cells = "".join(f"<td{kind}>{_text(cell)}</td>"
                        for cell, kind in zip(row, kinds, strict=True))  # fmt: skip
        body += f"<tr{mark}>{cells}</tr>"
    header = f"<thead><tr>{head}</tr></thead>" if any(heads) else ""
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>{header}'
        f"<tbody>{body}</tbody></table></div>"
    )


def _figure(svg: str, caption: str) -> str:
    named = svg.replace("<svg ", f'<svg role="img" aria-label="{escape(caption)}" ', 1)
    return f"<figure>{named}<figcaption>{escape(caption)}</figcaption></figure>"


def _paragraph(words: str) -> str:
    return f"<p>{escape(words)}</p>"


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.1f}" if value >= 100 else f"{value:.4f}"
    return escape(str(value))
