"""The gateway's configuration routes as the one-command hub does, and guards what it must."""

import json
import re
from pathlib import Path

import pytest

from services import gateway

CONFIG = (Path(__file__).parents[3] / "deploy/gateway/nginx.conf").read_text()


def block(opening: str) -> str:
    """Return what stands between the braces of a block without inner blocks."""
    found = re.search(
        rf"^\s*{re.escape(opening)} \{{\n(.*?)^\s*\}}", CONFIG, re.MULTILINE | re.DOTALL
    )
    assert found is not None, opening
    return found[1]


def routes() -> list[tuple[str, str]]:
    """Return the patterns of the service map with their services, in order."""
    return re.findall(r'"~(\S+)"\s+(\w+);', block("map $uri $service"))


def routed(path: str) -> str:
    """Return the service that the gateway passes a decoded path to."""
    return next((name for pattern, name in routes() if re.search(pattern, path)), "console")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/console",
        "/d/abc",
        "/docs",
        "/feeds",
        "/feeds/",
        "/feeds/all.atom",
        "/feeds/ko/news.json",
        "/feeds/opml.xml",
        "/feedsx",
        "/healthz",
        "/openapi.json",
        "/p/-/all.rss",
        "/p/token/digests/2026-01-01",
        "/posts/abc",
        "/posts/https://example.org//a b/1",
        "/postsx",
        "/readyz",
        "/schemas",
        "/schemas/post.json",
        "/schemasx",
        "/sitemap-news.xml",
        "/sitemap-news-xml",
        "/u/abc",
        "/v1/deliveries/dlv_1/retry",
        "/v1/endpoints",
        "/v1/endpoints/ep_1/deliveries",
        "/v1/events",
        "/v1/events/stream",
        "/v1/keys",
        "/v1/keys/posts",
        "/v1/partners",
        "/v1/partners/",
        "/v1/partners/harbour",
        "/v1/partners/harbour/digests",
        "/v1/partners/harbour/digests/preview",
        "/v1/partners/harbour/digestsx",
        "/v1/partners/harbour/suppressions",
        "/v1/partners/harbour/suppressions/desk@harbour.example",
        "/v1/partners/harbour/token",
        "/v1/partners/digests",
        "/v1/posts",
        "/v1/posts/",
        "/v1/posts/batch",
        "/v1/posts/https://example.org//a b/1",
        "/v1/postsx",
        "/v1/sources",
        "/v1/status",
        "/websub",
        "/x/v1/posts",
    ],
)
def test_a_path_has_the_same_service_as_on_the_one_port(path: str) -> None:
    assert routed(path) == gateway.service_of(path)


def test_the_routes_are_those_of_the_one_port_in_their_order() -> None:
    wanted = [(f"^{pattern.pattern}$", name) for pattern, name in gateway._ROUTES]

    assert routes() == wanted
    assert re.search(r"^\s+default\s+console;$", block("map $uri $service"), re.MULTILINE)


def test_a_batch_is_streamed_and_may_be_as_large_as_the_service_takes() -> None:
    batch = block("location = /v1/posts/batch")

    assert "proxy_request_buffering off;" in batch
    assert "client_max_body_size 65m;" in batch


def test_metrics_are_not_passed_on() -> None:
    assert block("location = /metrics").strip() == "return 404;"


def test_the_forwarded_caller_is_the_gateways_word() -> None:
    assert "proxy_set_header X-Forwarded-For $remote_addr;" in CONFIG
    assert "$proxy_add_x_forwarded_for" not in CONFIG


def refusals() -> list[tuple[str, str]]:
    """Return status and body of each refusal that the gateway writes itself."""
    return re.findall(r"return (\d{3}) '(.*)';", CONFIG)


@pytest.mark.parametrize(("status", "body"), refusals())
def test_a_refusal_is_a_problem_document(status: str, body: str) -> None:
    document = json.loads(body.replace("$instance", "/v1/posts"))

    assert list(document) == ["type", "title", "status", "detail", "instance"]
    assert document["status"] == int(status)
    assert re.fullmatch(r"/problems/[a-z-]+", document["type"])


def test_every_refusal_that_an_error_leads_to_is_written() -> None:
    named = re.findall(r"error_page [\d ]+= (@\w+);", CONFIG)

    assert sorted(named) == sorted(re.findall(r"location (@\w+) \{", CONFIG))
    assert len(refusals()) == len(named)


def test_a_service_that_is_away_says_when_to_come_again() -> None:
    assert "add_header Retry-After 2 always;" in block("location @unavailable")


@pytest.mark.parametrize(
    ("target", "logged"),
    [
        ("/p/s3cret/all.atom", "/p/***"),
        ("/d/s3cret?x=1", "/d/***"),
        ("/u/s3cret", "/u/***"),
        ("/feeds/all.atom?token=s3cret", "/feeds/all.atom"),
    ],
)
def test_no_token_is_logged(target: str, logged: str) -> None:
    rules = re.findall(r'"~(\S+)"\s+(\S+);', block("map $request_uri $logged"))
    seen = next(
        shown.replace("$kept", found["kept"])
        for pattern, shown in rules
        if (found := re.search(pattern.replace("(?<", "(?P<"), target))
    )

    assert seen == logged


def test_the_error_log_which_names_whole_paths_keeps_quiet() -> None:
    assert "error_log stderr crit;" in CONFIG
