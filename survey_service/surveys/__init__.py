"""Questionnaires, notices, languages, versions and waves."""
