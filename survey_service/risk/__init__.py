"""What a questionnaire and a planned sample could ever reveal, before anybody is asked."""
