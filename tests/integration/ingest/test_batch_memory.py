"""A batch of any length takes no more memory than a short one: the web process's own peak."""

import json
import sys
from collections.abc import Iterator

import pytest

from services.ingest.batch import JSON, JSON_FEED, NDJSON
from shared.keys import Scope
from tests.integration.ingest.submissions import a_post
from tests.support.servers import TestServers
from tests.support.session import Api, key
from tests.support.web import Web, web

MEBIBYTE = 1024 * 1024
MOST = 8 * MEBIBYTE
"""Growth of the process: less than the reports of these batches, and than the longest batch."""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]


@pytest.fixture(scope="module")
def process(servers: TestServers) -> Iterator[Web]:
    with web() as running:
        yield running


@pytest.fixture
def api(database: TestServers, process: Web) -> Iterator[Api]:
    client = Api(process.url, key(Scope.PUBLISH))
    client.http.timeout = 600
    yield client
    client.close()


def good(number: int) -> bytes:
    return json.dumps(a_post(f"p{number}", content_html="<p>" + "x" * 400)).encode()


def bad(number: int) -> bytes:
    """Return a row with a dozen faults."""
    return b'{"id":"p%d","a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}' % number


def body(form: str, rows: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a batch in pieces of about 64 KB."""
    first, between, last = {
        NDJSON: (b"", b"\n", b""),
        JSON: (b"[", b",", b"]"),
        JSON_FEED: (b'{"items":[', b",", b'],"language":"en"}'),
    }[form]
    held = bytearray(first + next(rows))
    for row in rows:
        held += between + row
        if len(held) > 65_536:
            yield bytes(held)
            held.clear()
    yield bytes(held + last)


def growth(process: Web, api: Api, form: str, rows: Iterator[bytes], query: str) -> tuple[int, int]:
    """Send a batch; return the rows of its report and the bytes by which the process grew."""
    for _ in range(2):
        api("POST", f"/v1/posts/batch{query}", content=body(form, (bad(n) for n in range(1000))),
            headers={"content-type": form})  # fmt: skip
    process.forget_peak()
    before, answered = process.memory(), 0
    path, headers = f"/v1/posts/batch{query}", {"content-type": form}
    with api.http.stream("POST", path, content=body(form, rows), headers=headers) as answer:
        assert answer.status_code == 200
        for chunk in answer.iter_bytes():
            answered += chunk.count(b'"row":')
    return answered, process.peak() - before


@pytest.mark.parametrize(("form", "query"), [(NDJSON, ""), (JSON_FEED, "?dry_run=true")])
def test_many_rows_take_no_more_memory(process: Web, api: Api, form: str, query: str) -> None:
    rows = (bad(n) if n % 20 else good(n) for n in range(12_000))
    answered, grew = growth(process, api, form, rows, query)
    assert answered >= 11_990  # a key may be cut by the end of a chunk
    assert grew < MOST, f"{grew / MEBIBYTE:.0f} MiB"


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("form", [NDJSON, JSON, JSON_FEED])
def test_a_hundred_thousand_posts_take_no_more_memory(process: Web, api: Api, form: str) -> None:
    answered, grew = growth(process, api, form, (good(n) for n in range(100_000)), "")
    assert answered >= 99_900
    assert grew < MOST, f"{grew / MEBIBYTE:.0f} MiB"
