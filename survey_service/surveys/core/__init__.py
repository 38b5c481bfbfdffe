"""The core questionnaire, its notice, code lists and hierarchies: the project's own data."""

from survey_service.surveys.core.loading import (
    Core,
    RegisterRow,
    hierarchy_path,
    load,
    read_notice,
)

__all__ = ["Core", "RegisterRow", "hierarchy_path", "load", "read_notice"]
