"""The form: drafts, submission, inbox and settle."""
