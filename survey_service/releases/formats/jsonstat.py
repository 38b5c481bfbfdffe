"""The released table as JSON-stat 2.0, with a status for every cell.

Source: json-stat.org, full format, version 2.0. Written here because the packages at hand
drop `status`, which is where a withheld cell differs from an empty one.
"""

from __future__ import annotations

import json
from typing import Any

from schemas.release import Dimension, Release
from survey_service.releases.formats.cells import OBS_STATUS, filter_codes
from survey_service.releases.wording import Words, category_words, mark_words, table_title

SOURCE = "Equality Data Survey Platform"


def table_json(release: Release, words: Words) -> bytes:
    """Return the data set; `value` is null exactly where `status` is Q."""
    table = release.table
    status = [OBS_STATUS[mark] for mark in table.marks]
    used = {"A", "U", "Q", *status}
    dataset: dict[str, Any] = {
        "version": "2.0",
        "class": "dataset",
        "label": table_title(table, words),
        "source": SOURCE,
        "updated": release.released_on.isoformat(),
        "id": [dimension.variable for dimension in table.dimensions],
        "size": [len(dimension.categories) for dimension in table.dimensions],
        "dimension": {d.variable: _dimension(d, words) for d in table.dimensions},
        "value": list(table.values),
        "status": status,
        "extension": {
            "survey": release.survey,
            "wave": release.wave,
            "freeze": release.frozen_on.isoformat(),
            "release": release.id,
            "filter": filter_codes(table),
            "language": words.language,
            "status": {"label": {k: v for k, v in mark_words(words).items() if k in used}},
        },
    }
    return (json.dumps(dataset, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _dimension(dimension: Dimension, words: Words) -> dict[str, Any]:
    return {
        "label": dimension.title.text(words.language),
        "category": {
            "index": [category.code for category in dimension.categories],
            "label": {c.code: category_words(c, words) for c in dimension.categories},
        },
        "extension": {
            "question": dimension.question.text(words.language),
            "kind": {c.code: c.kind.value for c in dimension.categories},
        },
    }
