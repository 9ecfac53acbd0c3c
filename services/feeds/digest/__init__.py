"""Digests: when an issue is due, and what it says."""
