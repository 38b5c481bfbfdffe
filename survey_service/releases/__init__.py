"""Releases: the catalogue, requests for tables, checks by two people, and publication."""
