"""Sources over HTTP: made, listed, polled at once, deleted; and called back by their hubs."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict

from services.ingest.accept import context
from services.ingest.sources import push, store, subscribe
from services.ingest.sources.source import Source
from shared.clock import rfc3339, utc_now
from shared.db.engine import transaction
from shared.errors import InvalidSource, NotFound
from shared.keys import Caller, Scope
from shared.schema.fields import Language, Section, WebUrl
from shared.schema.problems import read
from shared.settings import settings
from shared.web import body, cursor, openapi
from shared.web.auth import needs

router = APIRouter(prefix="/v1/sources", tags=["sources"])
Publisher = Annotated[Caller, Depends(needs(Scope.PUBLISH))]
Reader = Annotated[Caller, Depends(needs(Scope.PUBLISH, Scope.OPERATE))]
Document = Annotated[Any, Depends(body.read_json)]


class NewSource(BaseModel):
    """A feed to poll; ``language`` is that of entries which do not name their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: WebUrl
    section: Section
    language: Language | None = None


_BODY = openapi.body(
    NewSource,
    {"url": "https://city.example/feeds/news.atom", "section": "news", "language": "ko"},
)
_KNOWN: dict[int | str, dict[str, Any]] = {200: {"description": "It is polled already"}}


@router.post("", status_code=201, openapi_extra=_BODY, responses=_KNOWN)
def create_source(caller: Publisher, document: Document, response: Response) -> dict[str, Any]:
    """Poll a feed from now on; 200 where it is polled already, with the section given now."""
    asked = read(NewSource, document, InvalidSource, context(settings()))
    with transaction() as connection:
        made, is_new = store.create(connection, asked.url, asked.section, asked.language, utc_now())
    if not is_new:
        response.status_code = 200
    return shown(made)


@router.get("")
def list_sources(
    caller: Reader,
    after: Annotated[str | None, Query(alias="cursor")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, Any]:
    """List sources, each with how its last poll went and when the next one is due."""
    position = cursor.decode(after, str)
    with transaction() as connection:
        rows = store.page(connection, position[0] if position else None, limit + 1)
    return cursor.page(rows, limit, lambda source: (source.id,), shown)


@router.get("/{id}")
def show_source(id: str, caller: Reader) -> dict[str, Any]:
    """Read one source."""
    with transaction() as connection:
        return shown(store.get(connection, id))


@router.post("/{id}/poll", status_code=202)
def poll_source(id: str, caller: Publisher) -> dict[str, Any]:
    """Poll a source at once, also one that was stopped."""
    with transaction() as connection:
        return shown(store.hurry(connection, id, utc_now()))


@router.delete("/{id}", status_code=204)
def delete_source(id: str, caller: Publisher) -> Response:
    """Poll a feed no more; its posts stay."""
    with transaction() as connection:
        store.remove(connection, id)
    return Response(status_code=204)


@router.get("/callback/{callback}", include_in_schema=False)
def answer_hub(
    callback: str,
    mode: Annotated[str, Query(alias="hub.mode")] = "",
    topic: Annotated[str, Query(alias="hub.topic")] = "",
    challenge: Annotated[str, Query(alias="hub.challenge")] = "",
    lease: Annotated[str, Query(alias="hub.lease_seconds")] = "",
) -> Response:
    """Confirm to a hub what was asked of it, and nothing else (WebSub, section 5.3)."""
    question = subscribe.Question(mode, topic, lease)
    with transaction() as connection:
        agreed = subscribe.agree(connection, callback, question, utc_now())
    if not agreed:
        raise NotFound("this was not asked for")
    return PlainTextResponse(challenge)


@router.post("/callback/{callback}", include_in_schema=False, status_code=202)
async def take_push(callback: str, request: Request) -> Response:
    """Take in what a hub pushes; what is not signed by it is left alone (section 8)."""
    raw = await body.read_bytes(request)
    await run_in_threadpool(push.receive, callback, request.headers, raw)
    return Response(status_code=202)


def shown(source: Source) -> dict[str, Any]:
    """Return a source as the API shows it."""
    return {
        "id": source.id,
        "url": source.url,
        "moved_to": source.moved_to,
        "section": source.section,
        "language": source.language,
        "state": source.state,
        "last_status": source.last_status,
        "last_error": source.last_error,
        "last_poll_at": source.last_poll_at and rfc3339(source.last_poll_at),
        "last_report": source.last_report,
        "failures": source.failures,
        "interval_seconds": int(source.interval.total_seconds()),
        "next_poll_at": source.next_poll_at and rfc3339(source.next_poll_at),
        "hub": source.hub,
        "pushed_until": source.lease_until and rfc3339(source.lease_until),
        "created_at": rfc3339(source.created_at),
    }
