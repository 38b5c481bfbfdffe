"""Interviews with help: a mediator's window, and the parts of it that only the respondent has."""
