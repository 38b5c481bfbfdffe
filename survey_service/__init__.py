"""The Litestar application of the Equality Data Survey Platform."""
