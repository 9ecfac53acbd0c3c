"""What every HTTP service has: problems, keys, bounded bodies, request ids, health."""
