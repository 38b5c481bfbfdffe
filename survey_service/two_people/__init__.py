"""What one person asks for with a reason and another decides: for a week, and each step logged."""
