"""What the data protection officer sees of erasures that time brings: due, done, certified."""
