"""Pure rendering: a snapshot of a feed becomes the bytes of a document."""
