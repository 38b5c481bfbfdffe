"""Who may begin: invitation slips, each good for one person, and taking part once."""
