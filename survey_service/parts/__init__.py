"""The parts of an installation, each wired with what it may reach and with nothing else."""
