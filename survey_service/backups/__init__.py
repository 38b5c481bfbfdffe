"""Copies of stores for the day a disk dies, and the way back that keeps erased people erased."""
