"""Escrow of codes: a lost one is found by two officers together, off the server, or by nobody."""
