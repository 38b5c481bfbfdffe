"""Whether stores, keys and backups are in order: what administrators look at."""
