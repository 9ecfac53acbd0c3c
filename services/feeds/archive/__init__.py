"""Archives (RFC 5005, section 4): every post of a feed, on pages that keep what they hold."""
