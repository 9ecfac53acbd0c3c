"""One port for all services: one OpenAPI document, and problems for what is not there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from services.console.app import create_app as console
from services.feeds.app import create_app as feeds
from services.gateway import merged_openapi, service_of
from services.ingest.app import create_app as ingest
from services.notify.app import create_app as notify
from tests.support.session import Api

APPS = {"ingest": ingest, "feeds": feeds, "notify": notify, "console": console}
DOCUMENTED = [
    "GET /v1/posts", "POST /v1/posts", "POST /v1/posts/batch", "GET /v1/posts/{id}",
    "DELETE /v1/posts/{id}", "GET /v1/posts/{id}/revisions", "GET /v1/partners",
    "POST /v1/partners", "GET /v1/partners/{id}", "PATCH /v1/partners/{id}",
    "DELETE /v1/partners/{id}", "POST /v1/partners/{id}/token", "GET /v1/partners/{id}/digests",
    "POST /v1/partners/{id}/digests/preview", "GET /v1/partners/{id}/suppressions",
    "DELETE /v1/partners/{id}/suppressions/{address}", "GET /v1/endpoints", "POST /v1/endpoints",
    "PATCH /v1/endpoints/{id}", "DELETE /v1/endpoints/{id}", "POST /v1/endpoints/{id}/pause",
    "POST /v1/endpoints/{id}/resume", "POST /v1/endpoints/{id}/enable",
    "POST /v1/endpoints/{id}/disable", "POST /v1/endpoints/{id}/test",
    "POST /v1/endpoints/{id}/rotate-secret", "GET /v1/endpoints/{id}/deliveries",
    "GET /v1/deliveries/{id}", "POST /v1/deliveries/{id}/retry", "GET /v1/keys", "POST /v1/keys",
    "DELETE /v1/keys/{id}", "GET /v1/status", "GET /healthz", "GET /readyz",
]  # fmt: skip


@pytest.fixture
def document(caller: Callable[..., Api]) -> dict[str, Any]:
    answer = caller()("GET", "/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> set[str]:
    return {
        f"{method.upper()} {path.replace(':path}', '}')}"
        for path, methods in document["paths"].items()
        for method in methods
    }


def test_every_route_of_every_service_is_in_the_one_document(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert document["info"]["title"] == "Pabal"
    found = operations(document)
    assert set(DOCUMENTED) <= found
    for create in APPS.values():
        assert operations(create().openapi()) <= found


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]
        assert isinstance(place, dict)


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_call_that_takes_a_document_shows_an_example(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            for content in operation.get("requestBody", {}).get("content", {}).values():
                # A line of NDJSON and a feed have the example of the array.
                shown = "example" in content or "examples" in content
                assert shown or path.endswith("/batch"), (method, path)


def test_merging_loses_no_path_and_no_schema() -> None:
    info = {"title": "One", "version": "1"}
    one = {"openapi": "3.1.0", "info": info, "paths": {"/a": {"get": {}}},
           "components": {"schemas": {"A": {}}}}  # fmt: skip
    two: dict[str, Any] = {"info": {}, "paths": {"/b": {"post": {}}},
           "components": {"schemas": {"B": {}}, "securitySchemes": {"bearer": {}}}}  # fmt: skip
    three: dict[str, Any] = {"info": {}, "paths": {}}
    assert merged_openapi([one, two, three]) == {
        "openapi": "3.1.0",
        "info": {"title": "Pabal", "version": "1"},
        "paths": {"/a": {"get": {}}, "/b": {"post": {}}},
        "components": {"schemas": {"A": {}, "B": {}}, "securitySchemes": {"bearer": {}}},
    }
    assert one["components"] == {"schemas": {"A": {}}}


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/v1/posts", "ingest"), ("/v1/posts/a/b", "ingest"), ("/v1/partners", "notify"),
        ("/v1/partners/a", "notify"), ("/v1/partners/a/digests", "feeds"),
        ("/v1/partners/a/digests/preview", "feeds"), ("/v1/partners/a/token", "notify"),
        ("/v1/partners/digests", "notify"), ("/v1/endpoints/e/deliveries", "notify"),
        ("/v1/deliveries/d", "notify"), ("/feeds/all.atom", "feeds"), ("/p/token/all.rss", "feeds"),
        ("/d/opaque", "feeds"), ("/v1/keys", "console"), ("/readyz", "console"), ("/", "console"),
        ("/v1/postscript", "console"), ("/feedsx", "console"),
        ("/posts/a/b", "feeds"), ("/postsx", "console"), ("/sitemap-news.xml", "feeds"),
        ("/sitemap-news-xml", "console"),
    ],
)  # fmt: skip
def test_a_path_leads_to_its_service(path: str, service: str) -> None:
    assert service_of(path) == service


@pytest.mark.parametrize(
    "path", ["/nothing", "/v1/nothing", "/v1/posts/a/b/c", "/v1/endpoints/e/x", "/feeds/no.atom",
             "/v1/deliveries", "/p/nobody/all.atom", "/v1/keys/a/b"],
)  # fmt: skip
def test_an_unknown_route_is_a_404_problem_in_every_service(admin: Api, path: str) -> None:
    answer = admin("GET", path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["instance"] == path


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/v1/posts"), ("PUT", "/v1/partners"), ("POST", "/v1/deliveries/dlv_1"),
     ("PATCH", "/v1/keys"), ("POST", "/v1/status"), ("POST", "/readyz"),
     ("DELETE", "/v1/endpoints")],
)  # fmt: skip
def test_a_method_that_is_not_there_is_a_405_problem(admin: Api, method: str, path: str) -> None:
    answer = admin(method, path)
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert method not in answer.headers["allow"]


def test_every_answer_names_its_request(admin: Api) -> None:
    assert admin("GET", "/healthz").headers["x-request-id"].startswith("req_")
    named = {"x-request-id": "trace-1"}
    assert admin("GET", "/v1/status", headers=named).headers["x-request-id"] == "trace-1"
    for bad in ("a b", "x" * 65, "é".encode()):
        answer = admin("GET", "/healthz", headers={"x-request-id": bad})
        assert answer.headers["x-request-id"].startswith("req_")
