"""Staff: accounts, signing in, roles, sessions and tokens."""
