"""``pabal demo``: the hub's whole main path, shown and checked on invented content."""
