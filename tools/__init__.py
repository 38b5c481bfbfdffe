"""What the checks and the set-up need beside the product; nothing here is installed."""
