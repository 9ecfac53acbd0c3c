"""Digests by mail: a ledger of what is owed to whom, messages, sending, unsubscribing."""
