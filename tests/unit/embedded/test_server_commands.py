import signal
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from services.embedded.postgres import Postgres
from services.embedded.valkey import Valkey

POSTGRES = Postgres(
    data=Path("/srv/pabal/postgres"),
    sockets=Path("/srv/파발 & co/run/postgres"),
    log=Path("/srv/pabal/log/postgres.log"),
    password="p@ss/word",
)
VALKEY = Valkey(
    data=Path("/srv/pabal/valkey"),
    sockets=Path("/srv/파발 & co/run/valkey"),
    log=Path("/srv/pabal/log/valkey.log"),
)


def settings_of(postgres: Postgres) -> dict[str, str]:
    argv = postgres.child().argv
    pairs = [argv[at + 1] for at, part in enumerate(argv) if part == "-c"]
    return dict(pair.split("=", 1) for pair in pairs)


def test_postgres_listens_on_its_socket_only() -> None:
    settings = settings_of(POSTGRES)

    assert settings["listen_addresses"] == ""
    assert settings["unix_socket_directories"] == '"/srv/파발 & co/run/postgres"'
    assert settings["unix_socket_permissions"] == "0700"


def test_postgres_is_durable_unless_a_test_says_otherwise() -> None:
    weakening = {"fsync", "synchronous_commit", "full_page_writes"}

    assert weakening.isdisjoint(settings_of(POSTGRES))
    assert weakening <= settings_of(replace(POSTGRES, durable=False)).keys()


def test_the_password_is_in_the_url_only() -> None:
    child = POSTGRES.child()

    assert "p@ss" not in " ".join(child.argv)
    assert "p@ss" not in repr(POSTGRES)
    assert "p%40ss%2Fword" in POSTGRES.url


def test_the_postgres_url_names_the_socket_and_its_port() -> None:
    parts = urlsplit(POSTGRES.url)

    assert (parts.scheme, parts.username, parts.path) == ("postgresql", "pabal", "/pabal")
    assert parse_qs(parts.query) == {"host": ["/srv/파발 & co/run/postgres"], "port": ["5432"]}


def test_postgres_stops_fast_and_dies_at_once_without_loss() -> None:
    child = POSTGRES.child()

    assert (child.stop_signal, child.death_signal) == (signal.SIGINT, signal.SIGQUIT)


def test_valkey_keeps_everything_and_listens_on_its_socket_only() -> None:
    argv = VALKEY.child().argv[1:]
    options = dict(zip(argv[::2], argv[1::2], strict=True))

    assert options["--port"] == "0"
    assert options["--unixsocket"] == "/srv/파발 & co/run/valkey/valkey.sock"
    assert options["--unixsocketperm"] == "700"
    assert options["--appendonly"] == "yes"
    assert options["--save"] == ""
    assert options["--maxmemory-policy"] == "noeviction"


def test_servers_see_nothing_of_our_environment() -> None:
    assert POSTGRES.child().environment.keys() == {"PATH", "LC_ALL"}
    assert VALKEY.child().environment.keys() == {"PATH", "LC_ALL"}
