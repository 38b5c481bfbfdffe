"""How many are wanted of each group, and how far that is, in tens: a word to the coordinator."""
