"""The form: every page a respondent sees between choosing a language and keeping his code."""

from survey_service.collection import page_parts_ending, page_parts_entry
from survey_service.collection.page_parts_question import back, question_page, save_answer

ROUTES = (
    *page_parts_entry.ROUTES,
    question_page,
    save_answer,
    back,
    *page_parts_ending.ROUTES,
)
