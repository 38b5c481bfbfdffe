"""What a ceremony does to its subject."""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """The two kinds there are."""

    ROTATE = "rotate"
    DESTROY = "destroy"
