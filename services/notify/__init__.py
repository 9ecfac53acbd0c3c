"""Notify: partners and endpoints, what is owed to them, and the engine that delivers it."""
