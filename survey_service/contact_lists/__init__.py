"""Being asked again: lists of contacts, under two people, for a week, sealed to whoever asked."""
