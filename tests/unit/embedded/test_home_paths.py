from pathlib import Path

import pytest

from services.embedded.home import SOCKET_PATH_LIMIT, Home, fits_sockets

SOCKET = "/postgres/.s.PGSQL.5432"
LONGEST_FOLDER = SOCKET_PATH_LIMIT - len(SOCKET)


def folder_of(size: int) -> Path:
    return Path("/" + "x" * (size - 1))


def test_the_longest_folder_that_fits() -> None:
    assert fits_sockets(folder_of(LONGEST_FOLDER))
    assert not fits_sockets(folder_of(LONGEST_FOLDER + 1))


def test_bytes_count_rather_than_letters() -> None:
    # A Hangul syllable takes three bytes.
    assert fits_sockets(Path("/" + "파" * (LONGEST_FOLDER // 3 - 1)))
    assert not fits_sockets(Path("/" + "파" * (LONGEST_FOLDER // 3 + 1)))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("postgres", "/srv/pabal/postgres"),
        ("valkey", "/srv/pabal/valkey"),
        ("run", "/srv/pabal/run"),
        ("log", "/srv/pabal/log"),
        ("secrets", "/srv/pabal/secrets"),
        ("hub_lock", "/srv/pabal/hub.lock"),
        ("servers_lock", "/srv/pabal/servers.lock"),
        ("hub_file", "/srv/pabal/hub.json"),
    ],
)
def test_everything_is_below_the_home(name: str, path: str) -> None:
    assert getattr(Home(Path("/srv/pabal")), name) == Path(path)
