"""One door to the three formats."""

from collections.abc import Callable, Mapping

from services.feeds.render import atom, jsonfeed, rss
from services.feeds.render.media import Format
from services.feeds.render.snapshot import Entry, Snapshot

__all__ = ["EntryWriter", "Format", "render", "write_entry"]

EntryWriter = Callable[[Entry], bytes]

_WRITERS: Mapping[Format, EntryWriter] = {
    Format.RSS: rss.write_entry,
    Format.ATOM: atom.write_entry,
    Format.JSON: jsonfeed.write_entry,
}
_RENDERERS: Mapping[Format, Callable[[Snapshot, EntryWriter], bytes]] = {
    Format.RSS: rss.render,
    Format.ATOM: atom.render,
    Format.JSON: jsonfeed.render,
}


def write_entry(form: Format, entry: Entry) -> bytes:
    """Return an entry as it stands in every document of a format."""
    return _WRITERS[form](entry)


def render(form: Format, snapshot: Snapshot, write: EntryWriter | None = None) -> bytes:
    """Return the document of a snapshot in a format: same snapshot, same bytes.

    ``write`` takes the place of :func:`write_entry`, so that an entry that stands in many
    documents need be written but once.
    """
    return _RENDERERS[form](snapshot, write or _WRITERS[form])
