"""The documents in Redis: a cache that may be empty, flushed or away at any time.

A document replaces another only if it is at least as new, so that a slow renderer never puts an
old one back; equal bytes are not written again.
"""

from datetime import UTC, datetime
from typing import cast

from redis import Redis

from services.feeds.documents import Document

SECONDS = 900
"""After this long without an event a document is rendered anew when asked for."""

_PUT = """
local held = redis.call('HMGET', KEYS[1], 'as_of', 'etag')
if held[1] and tonumber(held[1]) > tonumber(ARGV[1]) then return 0 end
redis.call('EXPIRE', KEYS[1], ARGV[6])
if held[2] == ARGV[2] then
  redis.call('HSET', KEYS[1], 'as_of', ARGV[1])
  return 0
end
redis.call('HSET', KEYS[1], 'as_of', ARGV[1], 'etag', ARGV[2], 'modified', ARGV[3],
           'type', ARGV[4], 'body', ARGV[5])
redis.call('EXPIRE', KEYS[1], ARGV[6])
return 1
"""


def get(redis: Redis, path: str) -> Document | None:
    """Return the document at a path, or None where there is none. Raises where Redis is away."""
    found = cast("dict[bytes, bytes]", redis.hgetall(_key(path)))
    if b"body" not in found:
        return None
    return Document(
        body=found[b"body"],
        media_type=found[b"type"].decode(),
        etag=found[b"etag"].decode(),
        last_modified=datetime.fromtimestamp(float(found[b"modified"]), UTC),
        as_of=int(found[b"as_of"]),
    )


def put(redis: Redis, path: str, document: Document) -> bool:
    """Store a document unless a newer one is there; tell whether bytes were written."""
    written = redis.eval(
        _PUT,
        1,
        _key(path),
        document.as_of,
        document.etag,
        document.last_modified.timestamp(),
        document.media_type,
        document.body,
        SECONDS,
    )
    return bool(written)


def drop(redis: Redis, path: str) -> None:
    """Forget a document, so that it is rendered when it is asked for."""
    redis.delete(_key(path))


def _key(path: str) -> str:
    return f"pabal:document:{path}"
