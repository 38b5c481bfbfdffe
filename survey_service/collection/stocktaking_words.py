"""What each difference between stores and log means, in words."""

from __future__ import annotations

from collections.abc import Mapping

from survey_service.collection.stocktaking import Difference
from survey_service.problems import N_

DIFFERENCE_WORDS: Mapping[Difference, str] = {
    Difference.ROWS_GONE: N_("Rows are missing: their keys are there. Somebody deleted them."),
    Difference.ROWS_FOREIGN: N_(
        "Rows are there that were never settled, or whose keys somebody deleted. "
        "No table counts them."
    ),
    Difference.ROWS_BROKEN: N_(
        "Rows do not open with their keys: somebody changed them. No table counts them."
    ),
    Difference.KEYS_GONE: N_(
        "Fewer rows are kept than were settled and not erased. "
        "Somebody deleted rows with their keys."
    ),
    Difference.KEYS_FOREIGN: N_("More rows are kept than were settled. Somebody added some."),
    Difference.NOT_COUNTED: N_("What was counted of these rows is gone or was made elsewhere."),
    Difference.LOG_SAYS_MORE: N_(
        "The log says that more were settled than the stores know of. "
        "An older copy of the stores may have been put back."
    ),
    Difference.LOG_SAYS_LESS: N_(
        "The stores know of more settled rows than the log says. "
        "An older copy of the log may have been put back."
    ),
    Difference.ENTRY_CHANGED: N_(
        "An entry of the log tells a number that settle did not write. Verify the log."
    ),
    Difference.ERASED_STILL_THERE: N_(
        "Rows of people who erased are there. They go within an hour; an older copy of the store "
        "may have been put back."
    ),
    Difference.ERASED_UNNAMED: N_(
        "More rows were erased than the list of erasures has lines for. "
        "The list is an older one, or rows were erased without it."
    ),
    Difference.STORES_APART: N_(
        "Vault and answers do not hold the same number of people. "
        "Rows were erased in one store alone."
    ),
}
