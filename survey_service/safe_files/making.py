"""From a freeze to a safe file and its report; pure, slow, for a worker thread.

What others may know of a person (the breakdown variables chosen) is made coarser until every
combination is shared by as many people as the wave's threshold says; of each sensitive answer
no class of people says one thing only. Who stands out all the same is left out of the file.
Regions are the finest places there are, because the codebook offers none finer. Rows are sorted
by content, so that their order tells nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from schemas.vocabulary import Frozen
from survey_service.releases.codebook import Codebook, ReleaseVariable
from survey_service.safe_files.asked import Asked
from survey_service.stores.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

    from anonymisation import Hierarchy

SUPPRESSION_LIMIT = 0.05
DIVERSITY = 2
MOST_OF_A_CLASS = 0.95


class UnfitFrameError(StoreError):
    """The freeze holds a value that the codebook says cannot be; nothing is made."""


class MadeFile(Frozen):
    """A safe file, its report, and what is entered in the ledger about it."""

    csv: str
    report: str
    description: str

    @property
    def file_hash(self) -> str:
        """SHA-256 of the file."""
        return sha256(self.csv.encode()).hexdigest()

    @property
    def report_hash(self) -> str:
        """SHA-256 of the report."""
        return sha256(self.report.encode()).hexdigest()


def make(
    frame: pd.DataFrame,
    book: Codebook,
    hierarchies: Mapping[str, Hierarchy],
    asked: Asked,
    residents: int,
    k: int,
) -> MadeFile | None:
    """Return the safe file, or None where the promise cannot be kept.

    `residents`: how many people of the group the public register counts; the report's risks
    are those of a sample of them. `k`: how many share each combination at least.

    Raises:
        UnfitFrameError: a record has a value that the codebook does not know.
    """
    import numpy as np

    from anonymisation import QuasiIdentifier, Roles, Sensitive, anonymise
    from anonymisation.records.errors import CannotMeet
    from anonymisation.records.models import DistinctDiversity, MaximumShare
    from anonymisation.records.report import report

    names = [*asked.known, *asked.others]
    records = _released(frame, book, names)
    sensitive = [name for name in asked.others if book.by_name[name].special]
    columns: dict[str, Any] = {n: QuasiIdentifier(hierarchies[n]) for n in asked.known}
    columns |= {n: Sensitive() if n in sensitive else "plain" for n in asked.others}
    roles = Roles(columns)
    if len(records) < k:
        return None
    models = [m for n in sensitive for m in (DistinctDiversity(n, DIVERSITY),
                                             MaximumShare(n, MOST_OF_A_CLASS))]  # fmt: skip
    try:
        result = anonymise(records, roles, k=k, models=models, suppression_limit=SUPPRESSION_LIMIT)
    except CannotMeet:
        return None
    kept = result.frame[~np.asarray(result.suppressed)]
    text = kept.astype(str).sort_values(names).to_csv(index=False, lineterminator="\n")
    shown = report(records, roles, result, sampling_fraction=min(1.0, len(records) / residents))
    described = {
        "k": k,
        "known": list(asked.known),
        "others": list(asked.others),
        "levels": {name: int(level) for name, level in result.levels.items()},
        "records": len(records),
        "suppressed": int(result.suppressed.sum()),
        "sha256": sha256(text.encode()).hexdigest(),
    }
    return MadeFile(csv=text, report=shown.html, description=json.dumps(described, sort_keys=True))


def _released(frame: pd.DataFrame, book: Codebook, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    columns = {name: _column(frame[name], book.by_name[name]) for name in names}
    return pd.DataFrame(columns)


def _column(column: pd.Series[Any], variable: ReleaseVariable) -> pd.Series[Any]:
    groups = variable.groups or {}
    coarse = column.astype(str).map(lambda code: groups.get(code, code))
    if not set(coarse) <= set(variable.codes):
        raise UnfitFrameError(f"variable {variable.name} holds a value that its code list lacks")
    return coarse
