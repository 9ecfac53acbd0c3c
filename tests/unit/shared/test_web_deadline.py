"""A request is answered in time, whatever the work behind it does."""

import asyncio
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from shared.web.app import Deadline


async def hangs(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


async def answers(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def statuses(app: Any, path: str = "/v1/posts") -> list[tuple[int, bool]]:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    scope = {"type": "http", "path": path, "method": "POST", "headers": []}
    asyncio.run(Deadline(app, seconds=0.01)(scope, receive, send))
    starts = [message for message in sent if message["type"] == "http.response.start"]
    return [(start["status"], b"retry-after" in dict(start["headers"])) for start in starts]


def test_work_that_hangs_is_answered_503_with_retry_after() -> None:
    assert statuses(hangs) == [(503, True)]


def test_an_answer_in_time_passes_through() -> None:
    assert statuses(answers) == [(204, False)]
