"""Console: what operators and administrators need; keys and status."""
