"""The JSON Schema of a post, for whoever writes one: public, at an address of its own."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from shared.schema.post import json_schema
from shared.settings import settings

PATH = "/schemas/post.json"
MEDIA_TYPE = "application/schema+json"
_HEADERS = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}
_ANSWER = {
    "description": "JSON Schema 2020-12",
    "content": {MEDIA_TYPE: {"schema": {"type": "object"}}},
}

router = APIRouter(tags=["posts"])


@router.get(PATH, response_class=JSONResponse, responses={200: _ANSWER})
def post_schema() -> JSONResponse:
    """Return the JSON Schema of what ``POST /v1/posts`` takes; needs no key."""
    schema = json_schema(settings().base_url + PATH)
    return JSONResponse(schema, headers=_HEADERS, media_type=MEDIA_TYPE)
