"""The forms that a document takes, and their media types."""

from enum import StrEnum


class Format(StrEnum):
    """A form of document; the value is the extension of its address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def mime_type(self) -> str:
        """Return the media type without parameters, for links."""
        return _MIME_TYPES[self]

    @property
    def media_type(self) -> str:
        """Return the value of ``Content-Type``."""
        return f"{self.mime_type}; charset=utf-8"

    @property
    def extension(self) -> str:
        """Return the end of a document's name, without the dot."""
        return self.value


_MIME_TYPES = {
    Format.RSS: "application/rss+xml",
    Format.ATOM: "application/atom+xml",
    Format.JSON: "application/feed+json",
}
