"""Ingest: takes posts, keeps every revision, and tells what happened."""
