"""The audit log: an append-only Merkle log of what staff and the platform did."""
