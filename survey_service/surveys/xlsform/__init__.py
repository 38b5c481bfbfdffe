"""Questionnaires as spreadsheets: XLSForm read, judged row by row, and written back."""
