"""Request bodies: of a type that is taken, read with a limit, then as strict JSON."""

import asyncio
from collections.abc import AsyncIterator, Collection
from typing import Any

from fastapi import Request
from starlette.requests import ClientDisconnect

from shared import jsontext
from shared.errors import FieldError, Malformed, TooLarge, UnsupportedMediaType

LIMIT = 4 * 1024 * 1024
"""The largest body of a call, in bytes; batches have their own."""

STALLED_AFTER = 30.0
"""Seconds for which the next bytes of a body are waited for."""

JSON_TYPES = ("application/json",)
PATCH_TYPES = (*JSON_TYPES, "application/merge-patch+json")


def media_type(request: Request, taken: Collection[str]) -> str:
    """Return the body's media type; raises ``UnsupportedMediaType`` where it is not taken."""
    coding = request.headers.get("content-encoding", "identity").strip().lower()
    if coding != "identity":
        raise UnsupportedMediaType(f"the content encoding is {coding}: send the body unpacked")
    given = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if given not in taken:
        raise UnsupportedMediaType(
            f"the content type is {given or 'missing'}: send {' or '.join(taken)}"
        )
    return given


async def chunks(request: Request, limit: int = LIMIT) -> AsyncIterator[bytes]:
    """Yield the body as it comes; raises ``TooLarge`` before more than ``limit`` is held.

    Raises ``Malformed`` where it breaks off or stalls, so that whoever hangs up is no error of
    ours, and a sender that sends no more holds nothing.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large("body", f"has {declared} bytes; the limit is {limit}")
    received = 0
    stream = request.stream()
    while (chunk := await _next(stream)) is not None:
        received += len(chunk)
        if received > limit:
            raise too_large("body", f"has more than {limit} bytes")
        yield chunk


async def _next(stream: AsyncIterator[bytes]) -> bytes | None:
    try:
        async with asyncio.timeout(STALLED_AFTER):
            return await anext(stream, None)
    except ClientDisconnect:
        raise Malformed("the body broke off") from None
    except TimeoutError:
        raise Malformed(f"no more of the body came for {STALLED_AFTER:g} seconds") from None


def too_large(part: str, excess: str) -> TooLarge:
    """Return the refusal of a body, or of a row in it."""
    return TooLarge(f"the {part} {excess}", [FieldError(part, excess)])


async def read_bytes(request: Request, limit: int = LIMIT) -> bytes:
    """Return the whole body, of at most ``limit`` bytes."""
    return b"".join([chunk async for chunk in chunks(request, limit)])


async def read_json(request: Request) -> Any:
    """Return the body as strict JSON; the dependency of every call that takes a document."""
    media_type(request, JSON_TYPES)
    return jsontext.loads(await read_bytes(request))


async def read_patch(request: Request) -> Any:
    """Return a merge patch as strict JSON; plain JSON is one as well."""
    media_type(request, PATCH_TYPES)
    return jsontext.loads(await read_bytes(request))


async def read_optional_json(request: Request) -> Any:
    """Return the body as strict JSON, or an empty object where there is none."""
    raw = await read_bytes(request)
    if not raw:
        return {}
    media_type(request, JSON_TYPES)
    return jsontext.loads(raw)
