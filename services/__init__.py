"""The services; they know each other by event and task name only."""
