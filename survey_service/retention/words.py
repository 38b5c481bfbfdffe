"""Purposes and stores in the words of the retention page."""

from __future__ import annotations

from collections.abc import Mapping

from survey_service.problems import N_

PURPOSE_WORDS: Mapping[tuple[str, str], str] = {
    ("participation", "answers"): N_("Answers, whole rows"),
    ("ethnic_health", "answers"): N_("Answers on ethnic origin and health"),
    ("research_reuse", "answers"): N_("Use in research"),
    ("participation", "vault"): N_("Decisions and consents"),
    ("contact", "vault"): N_("Contacts"),
}
