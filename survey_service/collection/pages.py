"""The form: every page a respondent sees between choosing a language and keeping his code."""

from survey_service.collection import (
    page_parts_ages,
    page_parts_consent,
    page_parts_contact,
    page_parts_ending,
    page_parts_entry,
    page_parts_invited,
    page_parts_lost_code,
    page_parts_once,
    page_parts_question,
)

ROUTES = (
    *page_parts_entry.ROUTES,
    *page_parts_invited.ROUTES,
    *page_parts_once.ROUTES,
    *page_parts_ages.ROUTES,
    *page_parts_consent.ROUTES,
    *page_parts_contact.ROUTES,
    *page_parts_lost_code.ROUTES,
    *page_parts_question.ROUTES,
    *page_parts_ending.ROUTES,
)
