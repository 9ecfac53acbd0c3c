"""An issue as plain text for mail: 72 columns, absolute URLs, no markup. Pure."""

from collections.abc import Iterator
from threading import Lock

from cachetools import LRUCache, cached

from services.feeds.digest.layout import Layout, Line, Link, Part
from services.feeds.digest.words import Words
from services.feeds.digest.wrap import width, wrap

COLUMNS = 72

MOST_BYTES = 4 * 1024 * 1024
"""Of posts that are kept as they were written; four times as much where none is ASCII."""


def write(layout: Layout) -> str:
    """Return the issue as text that ends with a line end."""
    blocks = [_head(layout), *_body(layout), _foot(layout)]
    return "\n\n".join("\n".join(lines) for lines in blocks) + "\n"


def _head(layout: Layout) -> list[str]:
    return [
        line
        for text in (layout.publisher, layout.addressee, layout.overview)
        for line in wrap(text, COLUMNS)
    ]


def _body(layout: Layout) -> Iterator[list[str]]:
    for part in layout.sections:
        yield from _part(part, layout.words)
    if layout.more:
        yield _link(layout.more)
    for part in layout.notices:
        yield from _part(part, layout.words)
    if not layout.sections and not layout.notices:
        yield wrap(layout.words.empty, COLUMNS)


def _foot(layout: Layout) -> list[str]:
    links = [link for link in (layout.page, layout.unsubscribe) if link]
    return [
        "-" * COLUMNS,
        *wrap(layout.covers, COLUMNS),
        *(line for link in links for line in _link(link)),
    ]


def _part(part: Part, words: Words) -> Iterator[list[str]]:
    yield [*_heading(part.heading), *wrap(part.note, COLUMNS)]
    for line in part.lines:
        yield [_post(line, words)]
    if part.more:
        yield _link(part.more)


def _heading(text: str) -> list[str]:
    lines = wrap(text, COLUMNS)
    return [*lines, "=" * max(map(width, lines), default=0)]


@cached(LRUCache(MOST_BYTES, getsizeof=len), lock=Lock())
def _post(line: Line, words: Words) -> str:
    """Return a post; the same for all partners with one language and zone."""
    return "\n".join(_lines(line, words))


def _lines(line: Line, words: Words) -> Iterator[str]:
    title = f"{line.title} ({line.other})" if line.other else line.title
    license = (line.license.label,) if line.license else ()
    yield from wrap(title, COLUMNS, first="* ", rest="  ")
    yield from _indented(" · ".join((line.date, *line.marks, *license)))
    yield from _indented(line.excerpt)
    if line.url:
        yield f"  {line.url}"
    for other in line.translations:
        yield f"  {other.label}: {other.url}"
    for file in line.attachments:
        yield from _file(file, words)
    if line.unlisted:
        yield from _indented(words.more_attachments(line.unlisted))


def _file(file: Link, words: Words) -> Iterator[str]:
    detail = f" ({file.detail})" if file.detail else ""
    first = f"  - {words.attachments}: "
    yield from wrap(f"{file.label}{detail}", COLUMNS, first=first, rest="    ")
    yield f"    {file.url}"


def _indented(text: str) -> list[str]:
    return wrap(text, COLUMNS, first="  ", rest="  ")


def _link(link: Link) -> list[str]:
    return [*wrap(f"{link.label}:", COLUMNS), link.url]
