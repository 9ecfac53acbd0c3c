"""Ingest's HTTP API: posts and batches."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from fastapi.responses import Response, StreamingResponse

from services.ingest import batch, documents, examples, store
from services.ingest.accept import accept, read_post
from services.ingest.doorbell import Doorbell
from services.ingest.idempotency import Answer, Repeatable, recall, remember, repeatable
from services.ingest.publish import Held, read_back
from services.ingest.submit import (
    REASON_LIMIT,
    Accepted,
    Outcome,
    remove,
    revise,
    submit,
    submit_new,
)
from shared import jsontext, text
from shared.clock import rfc3339, utc_now
from shared.db.engine import statement, transaction
from shared.errors import NotFound
from shared.keys import Caller, Scope
from shared.schema.fields import canonical_language
from shared.schema.post import State
from shared.settings import settings
from shared.web import body, cursor
from shared.web.auth import needs

router = APIRouter(prefix="/v1/posts", tags=["posts"])
Publisher = Annotated[Caller, Depends(needs(Scope.PUBLISH))]
Reader = Annotated[Caller, Depends(needs(Scope.PUBLISH, Scope.OPERATE))]


@router.post("", openapi_extra=examples.POST, responses=examples.POST_ANSWERS)
async def publish(
    request: Request,
    caller: Publisher,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> Response:
    """Publish a post or revise it; 200 and ``changed`` false where nothing changed."""
    body.media_type(request, body.JSON_TYPES)
    raw = await body.read_bytes(request)
    answer = await run_in_threadpool(
        _publish, raw, caller, idempotency_key, request.state.request_id
    )
    _doorbell(request).ring()
    return Response(answer.body, answer.status, media_type="application/json")


def _publish(raw: bytes, caller: Caller, key: str | None, request_id: str) -> Answer:
    repeat = repeatable(caller.key_id, key, raw)
    if repeat is not None:
        return _publish_once(raw, repeat, request_id)
    post = accept(read_post(raw), settings())
    with statement() as connection:
        new = submit_new(connection, post, utc_now(), request_id)
    if new is not None:
        return _answer(new)
    with transaction() as connection:
        return _answer(revise(connection, post, utc_now(), request_id))


def _publish_once(raw: bytes, repeat: Repeatable, request_id: str) -> Answer:
    with transaction() as connection:
        given = recall(connection, repeat)
        if given is not None:
            return given
        post = accept(read_post(raw), settings())
        answer = _answer(submit(connection, [post], utc_now(), request_id)[0])
        remember(connection, repeat, answer)
    return answer


def _answer(outcome: Outcome) -> Answer:
    if not isinstance(outcome, Accepted):
        raise outcome
    return Answer(outcome.status, outcome.shown())


@router.post("/batch", openapi_extra=examples.BATCH)
async def publish_batch(
    request: Request,
    caller: Publisher,
    section: str | None = None,
    language: str | None = None,
    dry_run: bool = False,
) -> Response:
    """Publish many posts: the good rows are stored, each row gets the answer it had got alone.

    With `dry_run` the answer is the same, and nothing is stored.
    """
    given = body.media_type(request, batch.TYPES)
    query = {"section": section, "language": language}
    asked = {name: value for name, value in query.items() if value is not None}
    run = batch.Run(settings(), request.state.request_id, rehearsal=dry_run, defaults=asked)
    chunks = body.chunks(request, batch.BATCH_LIMIT)
    pieces = _lines(chunks) if given == batch.NDJSON else _document(chunks, run)
    try:
        await _work(run, pieces, _doorbell(request))
    except BaseException:
        run.report.close()
        raise
    return StreamingResponse(run.report.chunks(), media_type="application/json")


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[list[batch.Row]]:
    lines, pieces = batch.Lines(), batch.Pieces()
    async for chunk in chunks:
        for piece in pieces.full(lines.complete(chunk)):
            yield piece
    for piece in pieces.full(lines.last()):
        yield piece
    for piece in pieces.rest():
        yield piece


async def _document(chunks: AsyncIterator[bytes], run: batch.Run) -> AsyncIterator[list[batch.Row]]:
    pieces = batch.Pieces()
    with tempfile.SpooledTemporaryFile(batch.IN_MEMORY) as file:
        async for chunk in chunks:
            file.write(chunk)
        found = await run_in_threadpool(documents.shape, file)
        run.defaults = {**found.defaults, **run.defaults}
        full = pieces.full(documents.rows(file, found))
        async for piece in iterate_in_threadpool(full):
            yield piece
    for piece in pieces.rest():
        yield piece


async def _work(run: batch.Run, pieces: AsyncIterator[list[batch.Row]], doorbell: Doorbell) -> None:
    """Store each piece while the next one is read: the database works beside Python."""
    storing: asyncio.Future[None] | None = None
    try:
        async for piece in pieces:
            read = await run_in_threadpool(run.read, piece)
            if storing is not None:
                await storing
                doorbell.ring()
            storing = asyncio.ensure_future(run_in_threadpool(run.store, read))
        if storing is not None:
            await storing
    finally:
        if storing is not None:
            await asyncio.wait([storing])
            # Whatever ended the reading is the answer; a fault of storing is then not missed.
            storing.cancelled() or storing.exception()
            doorbell.ring()


@router.get("")
def list_posts(
    caller: Reader,
    section: str | None = None,
    language: str | None = None,
    tag: str | None = None,
    state: State | None = None,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List posts, the newest first."""
    written = language and (canonical_language(language) or language)
    wanted = store.Wanted(section, written, tag, state)
    position = cursor.decode(after, datetime, str)
    with transaction() as connection:
        rows = store.newest(connection, wanted, position, limit + 1)
    return cursor.page(rows, limit, _position, read_back)


def _position(held: Held) -> tuple[str, str]:
    assert held.date_published is not None
    return held.date_published.isoformat(), held.id


@router.get("/{id:path}/revisions")
def list_revisions(request: Request, id: str, caller: Reader) -> dict[str, Any]:
    """List every revision of a post, the newest first."""
    if not request.scope["raw_path"].endswith(b"/revisions"):
        # The slash came escaped: it belongs to an id that ends like this.
        return show_post(f"{id}/revisions", caller)
    with transaction() as connection:
        rows = store.revisions(connection, id)
    if not rows:
        raise NotFound(f"there is no post {id!r}")
    return {"items": [_revision(row) for row in rows], "next_cursor": None}


def _revision(row: Any) -> dict[str, Any]:
    times = {
        "accepted_at": rfc3339(row.accepted_at),
        "shown_from": row.shown_from and rfc3339(row.shown_from),
        "shown_until": row.shown_until and rfc3339(row.shown_until),
    }
    return {"revision": row.number, **times, "post": jsontext.loads(row.document)}


@router.get("/{id:path}", responses=examples.ONE_POST)
def show_post(id: str, caller: Reader) -> dict[str, Any]:
    """Read one post; its id travels percent-encoded."""
    with transaction() as connection:
        held = store.get(connection, id)
    if held is None:
        raise NotFound(f"there is no post {id!r}")
    return read_back(held)


@router.delete("/{id:path}", responses=examples.ONE_POST)
def withdraw_post(
    request: Request,
    id: str,
    caller: Publisher,
    reason: Annotated[str | None, Query(max_length=REASON_LIMIT)] = None,
) -> Response:
    """Withdraw a post from every exit; again is 200 again."""
    said = text.one_line(reason or "") or None
    with transaction() as connection:
        accepted = remove(connection, id, said, utc_now(), request.state.request_id)
    _doorbell(request).ring()
    return Response(accepted.shown(), media_type="application/json")


def _doorbell(request: Request) -> Doorbell:
    doorbell: Doorbell = request.app.state.doorbell
    return doorbell
