"""Pictures and recordings of a questionnaire: judged by what they hold, stored without what tells
about their maker, and served by the hash of what they are."""
