"""Sources: feeds that the hub polls, whose entries become posts."""
