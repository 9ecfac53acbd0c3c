"""Feeds: documents for everybody and for each partner, and the partners' digests."""
