"""The vault: who consented to what; never an answer, never a survey variable."""
