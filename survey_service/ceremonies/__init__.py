"""Acts that need two people: an administrator who proposes and a DPO who confirms."""
