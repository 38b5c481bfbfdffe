"""Every table of every room, whatever this process has needed so far.

A room's tables are known once its `models` is imported, and a part of an installation imports what
it uses. What copies whole stores must know them all.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

import survey_service


@cache
def import_every_model() -> None:
    """Leave each store's metadata whole."""
    for module in pkgutil.walk_packages(survey_service.__path__, "survey_service."):
        if module.name.rpartition(".")[2].endswith("models"):
            importlib.import_module(module.name)
