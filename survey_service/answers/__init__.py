"""Settled answers and the freezes of a wave; never an identifier, a time or an order."""
