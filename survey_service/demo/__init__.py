"""The demonstration: a field campaign of synthetic respondents on real numbers."""
