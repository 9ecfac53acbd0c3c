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
