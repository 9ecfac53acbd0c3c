"""The servers and the supervisor of the one-command hub."""
