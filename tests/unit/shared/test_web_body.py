"""Bodies that do not come as they should."""

import asyncio

import pytest
from fastapi import Request
from starlette.types import Message

from shared.errors import Malformed
from shared.web import body


def test_a_body_that_breaks_off_is_malformed() -> None:
    coming: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return coming.pop(0)

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(Malformed, match="the body broke off"):
        asyncio.run(body.read_bytes(request))


def test_a_body_that_stalls_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "STALLED_AFTER", 0.01)
    coming: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Message:
        return coming.pop(0) if coming else await asyncio.Future()

    request = Request({"type": "http", "headers": []}, receive)
    with pytest.raises(Malformed, match="no more of the body came"):
        asyncio.run(body.read_bytes(request))
