"""The documents in Redis: a cache that may be empty, flushed or away at any time.

A document replaces another only if it is at least as new, so that a slow renderer never puts an
old one back; equal bytes are not written again. What a Redis brings back from its disk when it
starts is not given out: its last second may be missing, and nobody would notice.

Beside the document stand its last versions: of each, the entity tag and a mark for each entry, by
which a reader that has one of them is told what is new.
"""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import cast

from redis import Redis
from redis.exceptions import OutOfMemoryError

from services.feeds.documents import ETAG_LENGTH, Document
from services.feeds.render.snapshot import MARK_LENGTH

SECONDS = 900
"""After this long without an event a document is rendered anew when asked for."""

VERSIONS = 16
"""Of how many versions the marks are kept."""

VERSIONS_SECONDS = 86_400
"""For how long after a document last changed."""

_RUN = "local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')\n"
_GET = (
    _RUN
    + """
local held = redis.call('HMGET', KEYS[1], 'run', 'etag', 'as_of', 'modified', 'type')
if held[1] ~= run then return nil end
local body = held[2] ~= ARGV[1] and redis.call('HGET', KEYS[1], 'body')
return {held[2], held[3], held[4], held[5], body}
"""
)
_PUT = (
    _RUN
    + """
local held = redis.call('HMGET', KEYS[1], 'as_of', 'etag', 'run')
if held[3] == run then
  if tonumber(held[1]) > tonumber(ARGV[1]) then return 0 end
  redis.call('EXPIRE', KEYS[1], ARGV[6])
  if held[2] == ARGV[2] then
    redis.call('HSET', KEYS[1], 'as_of', ARGV[1])
    return 0
  end
end
redis.call('HSET', KEYS[1], 'as_of', ARGV[1], 'etag', ARGV[2], 'modified', ARGV[3],
           'type', ARGV[4], 'body', ARGV[5], 'run', run)
redis.call('EXPIRE', KEYS[1], ARGV[6])
local version = ARGV[2] .. ARGV[7]
if redis.call('LINDEX', KEYS[2], 0) ~= version then
  redis.call('LPUSH', KEYS[2], version)
  redis.call('LTRIM', KEYS[2], 0, ARGV[8] - 1)
  redis.call('EXPIRE', KEYS[2], ARGV[9])
end
return 1
"""
)


def get(redis: Redis, path: str, known: Document | None = None) -> Document | None:
    """Return the document at a path, or None where there is none. Raises where Redis is away.

    Where it is the ``known`` one still, that is returned, and its body not read again.
    """
    found = redis.eval(_GET, 1, _key(path), "" if known is None else known.etag)
    if found is None:
        return None
    etag, as_of, modified, media_type, body = cast("list[bytes]", found)
    if known is not None and body is None:
        return known
    return Document(
        body=body,
        media_type=media_type.decode(),
        etag=etag.decode(),
        last_modified=datetime.fromtimestamp(float(modified), UTC),
        as_of=int(as_of),
    )


def put(redis: Redis, path: str, document: Document) -> bool:
    """Store a document unless a newer one is there; tell whether bytes were written.

    In a Redis that is full there is no document then: a request renders it, and none is stale.
    """
    given = (
        document.as_of, document.etag, document.last_modified.timestamp(), document.media_type,
        document.body, SECONDS, b"".join(document.marks), VERSIONS, VERSIONS_SECONDS,
    )  # fmt: skip
    try:
        return bool(redis.eval(_PUT, 2, _key(path), _versions_key(path), *given))
    except OutOfMemoryError:
        drop(redis, path)
        return False


def version(redis: Redis, path: str, tags: Collection[str]) -> tuple[str, frozenset[bytes]] | None:
    """Return the newest version that one of these tags names, with its entries' marks."""
    held = cast("list[bytes]", redis.lrange(_versions_key(path), 0, VERSIONS - 1))
    for each in held:
        tag, marks = each[:ETAG_LENGTH].decode(), each[ETAG_LENGTH:]
        if tag in tags:
            parts = range(0, len(marks), MARK_LENGTH)
            return tag, frozenset(marks[at : at + MARK_LENGTH] for at in parts)
    return None


def drop(redis: Redis, path: str) -> None:
    """Forget a document, so that it is rendered when it is asked for."""
    redis.delete(_key(path))


def _versions_key(path: str) -> str:
    return f"pabal:versions:{path}"


def _key(path: str) -> str:
    return f"pabal:document:{path}"
