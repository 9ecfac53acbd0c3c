"""Text by display width: a wide character (UAX 11) takes two columns, a mark none. Pure."""

import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_EMOJI_STYLE = "\ufe0f"
_INVISIBLE = frozenset("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
_ELLIPSIS = "…"
_WIDEST = 2
# Marks take no column, so columns alone do not bound a text.
_CHARACTERS_PER_COLUMN = 4


@lru_cache(maxsize=8192)
def width(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(map(_columns, _clusters(text)))


def wrap(text: str, columns: int, *, first: str = "", rest: str = "") -> list[str]:
    """Break a text into lines of at most ``columns``, at spaces.

    ``first`` begins the first line, ``rest`` each later one. A word too long for a line is broken
    where it must be, but a URL never is: its line may be longer.
    """
    lines: list[str] = []
    line, taken, space = first, width(first), ""
    for word in _words(text, columns - max(width(first), width(rest))):
        size = width(word)
        if space and taken + len(space) + size > columns:
            lines.append(line)
            line, taken, space = rest, width(rest), ""
        line, taken, space = line + space + word, taken + len(space) + size, " "
    return [*lines, line] if space else lines


def beginning(text: str, columns: int) -> str:
    """Return as much of a text, on one line, as ``shorten`` looks at."""
    return " ".join(text.split())[: columns * _CHARACTERS_PER_COLUMN + 1]


def shorten(text: str, columns: int) -> str:
    """Return the text on one line of at most ``columns``, cut with an ellipsis where longer."""
    line = " ".join(text.split())
    if len(line) * _WIDEST <= columns:
        return line
    start = line[: columns * _CHARACTERS_PER_COLUMN]
    return _shortened(start, columns, whole=len(start) == len(line))


# Many partners are told of the same posts in the same minute.
@lru_cache(maxsize=4096)
def _shortened(start: str, columns: int, *, whole: bool) -> str:
    """Return the start of a line, or the whole of it, cut where it is longer."""
    if whole and next(_pieces(start, columns)) == start:
        return start
    head = next(_pieces(start, columns - width(_ELLIPSIS)))
    before, _, last = head.rpartition(" ")
    # A word cut in two reads badly, a URL cut in two leads astray; text without spaces is cut
    # anywhere.
    if "://" in last or width(before) > columns // 2:
        head = before
    return head.rstrip(" ,.;:·") + _ELLIPSIS


def _words(text: str, columns: int) -> Iterator[str]:
    for word in text.split():
        if "://" in word or width(word) <= columns:
            yield word
        else:
            yield from _pieces(word, columns)


def _pieces(text: str, columns: int) -> Iterator[str]:
    """Cut a text into pieces that are as wide as the columns allow; at least one."""
    piece, taken = "", 0
    for cluster in _clusters(text):
        size = _columns(cluster)
        if taken + size > columns:
            yield piece
            piece, taken = "", 0
        piece, taken = piece + cluster, taken + size
    yield piece


def _clusters(text: str) -> Iterator[str]:
    """Split into characters, each with the marks that sit on it."""
    cluster = ""
    for char in text:
        if cluster and not _is_mark(char):
            yield cluster
            cluster = ""
        cluster += char
    if cluster:
        yield cluster


@lru_cache(maxsize=8192)
def _columns(cluster: str) -> int:
    base = cluster[0]
    if _EMOJI_STYLE in cluster or unicodedata.east_asian_width(base) in {"W", "F"}:
        return _WIDEST
    return 0 if _is_mark(base) else 1


@lru_cache(maxsize=8192)
def _is_mark(char: str) -> bool:
    return char in _INVISIBLE or unicodedata.category(char) in {"Mn", "Me"}
