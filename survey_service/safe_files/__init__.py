"""Safe files: records of a frozen wave for one project, k-anonymous and seen by two checkers."""
