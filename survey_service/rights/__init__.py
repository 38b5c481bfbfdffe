"""What a respondent does with the code, and nobody without it."""
