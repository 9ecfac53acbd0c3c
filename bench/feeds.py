"""Measures feeds: a document beside nginx, and all partners' feeds after one post.

Run ``python -m bench.feeds``. It starts its own PostgreSQL, Valkey and web process. nginx and wrk
are Debian packages; without them that part is skipped, and says so. Prints a table.
"""

import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import httpx
from feedgen.feed import FeedGenerator
from sqlalchemy import Connection

from bench.table import row, store, timed
from bench.transport import machine
from services.feeds import documents, private, readers
from services.feeds.archive import closing
from services.feeds.rebuild import rebuild
from services.feeds.render.formats import Format
from services.feeds.render.snapshot import Snapshot
from services.ingest.accept import accept
from services.ingest.relay import relay
from services.notify import partners
from shared import log
from shared.db import engine
from shared.db.migrate import migrate
from shared.schema.partner import Partner
from shared.schema.post import Post
from shared.settings import settings
from tests.support.polling import until
from tests.support.servers import running_servers
from tests.support.session import use
from tests.support.web import Web, web

POSTS, PARTNERS, ROUNDS = 200, 1000, 3
SECONDS, CONNECTIONS = 5, 32
SECTIONS = ("news", "archives", "events", "policy")
_RATE = re.compile(r"Requests/sec: +([0-9.]+)")
_NGINX = """
daemon off; master_process off; worker_processes 1; pid {home}/pid; error_log {home}/error;
events {{ worker_connections 512; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;
  types {{ application/atom+xml atom; }}
  client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fcgi;
  uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
  server {{ listen unix:{home}/unused.sock; listen 127.0.0.1:{port}; root {home}; }}
}}
"""


def main() -> None:
    """Start everything, measure, print, end it."""
    with running_servers(durable=True) as servers:
        use(
            PABAL_DATABASE_URL=servers.database_url,
            PABAL_BROKER_URL=servers.broker_url,
            PABAL_ALLOWED_NETWORKS="127.0.0.0/8",
            PABAL_LOG_LEVEL="warning",
        )
        log.configure("bench")
        migrate()
        print(machine())
        store([post(number) for number in range(POSTS)])
        follow()
        with web("feeds") as process:
            against_nginx(process)
        current_again()
        engine.database().dispose()


def against_nginx(process: Web) -> None:
    """Compare a document of some 60 KB, whole and unchanged, in turns with nginx's file."""
    path = "/feeds/news.atom"
    own = httpx.get(process.url + path, headers={"Accept-Encoding": "identity"})
    row("the document", len(own.content) / 1000, "KB")
    missing = [name for name in ("nginx", "wrk") if shutil.which(name) is None]
    if missing:
        print(f"skipped, not installed: {', '.join(missing)} (Debian packages nginx-light, wrk)")
        return
    with nginx(own.content) as url:
        theirs = httpx.get(url)
        for what, held in (("200", False), ("304", True)):
            pairs = [
                (load(process.url + path, own, held=held), load(url, theirs, held=held))
                for _ in range(ROUNDS)
            ]
            ours, others = (sorted(rates)[ROUNDS // 2] for rates in zip(*pairs, strict=True))
            row(f"{what}, one worker, {CONNECTIONS} connections", ours, "answers/s")
            row(f"{what}, nginx, one worker", others, "answers/s")
            row(f"{what}, of nginx", 100 * ours / others, "%")
    row("memory of the web process", process.memory() / 2**20, "MiB")


@contextmanager
def nginx(body: bytes) -> Iterator[str]:
    """Serve a file by nginx; yield its address."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)
        (home / "feed.atom").write_bytes(body)
        port = free_port()
        (home / "nginx.conf").write_text(_NGINX.format(home=home, port=port))
        command = ["nginx", "-e", str(home / "error"), "-c", str(home / "nginx.conf")]
        process = subprocess.Popen(command)
        url = f"http://127.0.0.1:{port}/feed.atom"
        try:
            until(lambda: answers(url), "nginx to serve", 10)
            yield url
        finally:
            process.terminate()
            process.wait(10)


def load(url: str, known: httpx.Response, *, held: bool) -> float:
    """Return the answers a second under load, by clients that have the document or not."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s"]
    if held:
        command += ["-H", f"If-None-Match: {known.headers['etag']}"]
    told = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    # wrk counts what is neither 2xx nor 3xx.
    if "Non-2xx" in told or (rate := _RATE.search(told)) is None:
        raise RuntimeError(f"not all was answered: {told}")
    return float(rate.group(1))


def answers(url: str) -> bool:
    """Tell whether somebody serves there."""
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """Return a port of loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def current_again() -> None:
    """Measure what one post costs: the public feeds, then every partner's in three formats."""
    tokens = [f"bench-token-{number:024}" for number in range(PARTNERS)]
    subscribe(tokens)
    everything(tokens)
    store([post(POSTS)])
    relay()
    row("one post: its public feeds", timed(rebuild), "s")
    seconds, size = everything(tokens)
    row(f"one post: {PARTNERS} partners' feeds, 3 formats", seconds, "s")
    row("  bytes written", size / 1e6, "MB")
    row("  a feed", 1e6 * seconds / PARTNERS / len(Format), "us")
    row("  the same by feedgen, each time anew", feedgen_each_time(tokens), "s")


def everything(tokens: list[str]) -> tuple[float, int]:
    """Render every partner's feed in each format; return the seconds and the bytes."""
    started, size = time.perf_counter(), 0
    for token in tokens:
        shown = snapshot(token)
        size += sum(len(documents.rendered(form, shown, 0).body) for form in Format)
    return time.perf_counter() - started, size


def snapshot(token: str) -> Snapshot:
    """Return what a partner's feed shows now."""

    def take(connection: Connection, as_is: bool) -> Snapshot:
        reader = readers.by_token(connection, token)
        return private.snapshot(connection, reader, token, "all", as_is=as_is)

    return closing.read(take)


def feedgen_each_time(tokens: list[str]) -> float:
    """Return the seconds for the same entries in RSS and Atom by feedgen alone, and in JSON."""
    shown = [snapshot(token).entries for token in tokens]
    started = time.perf_counter()
    for entries in shown:
        feed = FeedGenerator()
        feed.id("https://hub.example/feed")
        feed.title("Feed")
        feed.link(href="https://hub.example/feed")
        feed.description("Feed")
        for each in entries:
            item = feed.add_entry(order="append")
            item.id(each.id)
            item.title(each.title)
            item.link(href=each.url)
            item.updated(each.updated)
            item.published(each.published)
            item.content(each.content_html, type="html")
        feed.rss_str()
        feed.atom_str()
        json.dumps([asdict(each) for each in entries], default=str)
    return time.perf_counter() - started


def subscribe(tokens: list[str]) -> None:
    """Make partners with interests of all kinds; all of them want the language of the post."""
    with engine.transaction() as connection:
        for number, token in enumerate(tokens):
            sections = SECTIONS[: 1 + number % len(SECTIONS)] if number % 3 else ()
            record = {
                "id": f"bench-{number}",
                "name": f"Bench {number}",
                "timezone": "Asia/Seoul",
                "interest": {"sections": sections, "languages": [] if number % 2 else ["ko"]},
            }
            partners.create(connection, Partner.model_validate(record), token)


def post(number: int) -> Post:
    """Return a post of some 1.2 KB; one in four has its translation."""
    return accept(
        {
            "id": f"bench:{number}",
            "url": f"https://city.example/news/{number}",
            "title": f"Post {number}",
            "section": SECTIONS[number % len(SECTIONS)],
            "language": "ko" if number % 2 == 0 else "en",
            "content_html": "<p>" + "서울 " * 100 + "</p>",
            "tags": [f"tag-{number % 7}"],
            **({"translation_of": f"bench:{number - 1}"} if number % 4 == 1 else {}),
        },
        settings(),
    )


def follow() -> None:
    """Do what the worker does after a burst."""
    relay()
    rebuild()


if __name__ == "__main__":
    main()
