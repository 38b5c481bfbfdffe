"""All files of a release, and the certificate that names each of them by its hash.

The public certificate holds rules, promise, domain, and what anybody can compute from the
published numbers; it says nothing that only the office knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from schemas.certificate import PublicCertificate
from schemas.release import Release
from survey_service.releases.formats.chart import chart_svg
from survey_service.releases.formats.jsonstat import table_json
from survey_service.releases.formats.table_csv import table_csv
from survey_service.releases.wording import LANGUAGES, words_in

TYPE = "equality-data/release-certificate/1"
NOT_PROMISED = (
    "What somebody knows from elsewhere, such as who took part.",
    "What may be guessed inside the interval that a withheld cell leaves open.",
    "Why a cell was withheld: the rules and the method are public.",
    "Differential privacy.",
)
_MAKERS = {"table.{}.csv": table_csv, "table.{}.json": table_json, "chart.{}.svg": chart_svg}


def release_files(release: Release) -> dict[str, bytes]:
    """Return every file of a release but its certificate, in every language."""
    return {
        name.format(language): make(release, words_in(language))
        for language in LANGUAGES
        for name, make in _MAKERS.items()
    }


def certificate_json(
    release: Release,
    public: PublicCertificate,
    files: Mapping[str, bytes],
    *,
    before: int,
    ledger_digest: str,
) -> bytes:
    """Return the certificate: what was promised, by which rules, for exactly which bytes.

    `before` and `ledger_digest` say what had been published on the wave when the table was
    audited, which is all that the attacker was taken to know.
    """
    certificate: dict[str, Any] = {
        "type": TYPE,
        "release": release.id,
        "survey": release.survey,
        "wave": release.wave_number,
        "freeze": release.frozen_on.isoformat(),
        "released": release.released_on.isoformat(),
        "synthetic": release.synthetic,
        "question": release.table.question.model_dump(mode="json"),
        "protection": public.model_dump(mode="json"),
        "attacker_also_knew": {"releases": before, "digest": ledger_digest},
        "review": {"checkers": 2, "author_among_them": False, "votes_blind": True},
        "files": {name: sha256(content).hexdigest() for name, content in sorted(files.items())},
        "not_promised": list(NOT_PROMISED),
    }
    return (json.dumps(certificate, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
