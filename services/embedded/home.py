"""The home folder: what the one-command hub keeps, and where."""

import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from services.embedded.errors import StartError

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, the closing NUL included.
SOCKET_PATH_LIMIT = 103
LONGEST_SOCKET = Path("postgres/.s.PGSQL.5432")


@dataclass(frozen=True, slots=True)
class Home:
    """The folders and files below ``root``."""

    root: Path

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data."""
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's data."""
        return self.root / "valkey"

    @property
    def run(self) -> Path:
        """The sockets; a link to a short path where this one is too long for them."""
        return self.root / "run"

    @property
    def log(self) -> Path:
        """The servers' logs."""
        return self.root / "log"

    @property
    def secrets(self) -> Path:
        """Passwords and keys, readable by the hub's user only."""
        return self.root / "secrets"

    @property
    def hub_lock(self) -> Path:
        """Held by the running supervisor."""
        return self.root / "hub.lock"

    @property
    def servers_lock(self) -> Path:
        """Held by the running servers."""
        return self.root / "servers.lock"

    @property
    def hub_file(self) -> Path:
        """Says where the running hub is."""
        return self.root / "hub.json"


def make_home(root: Path) -> Home:
    """Make the home and its private folders; what exists keeps its mode.

    Raises:
        StartError: It cannot be written.
    """
    home = Home(root)
    try:
        make_passable(root)
        for folder in (home.valkey, home.log, home.secrets):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise StartError(f"the home {root} cannot be used: {error}; set PABAL_HOME") from error
    return home


def make_passable(folder: Path) -> None:
    """Make a private folder; under root one that others may pass, since PostgreSQL must."""
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def fits_sockets(folder: Path) -> bool:
    """Say whether the longest socket path in a run folder is short enough."""
    return len(os.fsencode(folder / LONGEST_SOCKET)) <= SOCKET_PATH_LIMIT


def make_run_folder(run: Path) -> Path:
    """Make the folder for sockets and return its real path.

    Where ``run`` is too long, that is a new folder below the system's temporary one, and ``run``
    becomes a link to it, by which the next start finds it again.

    Raises:
        StartError: No path is short enough.
    """
    if fits_sockets(run):
        _forget(run, keep_folder=True)
        make_passable(run)
        return run
    if run.is_symlink() and _is_ours(run.readlink()):
        return run.readlink()
    _forget(run, keep_folder=False)
    short = Path(tempfile.mkdtemp(prefix="pabal-", dir=_short_parent()))
    short.chmod(0o711 if os.geteuid() == 0 else 0o700)
    run.symlink_to(short)
    return short


def _short_parent() -> Path:
    for parent in (Path(tempfile.gettempdir()), Path("/tmp")):
        if fits_sockets(parent / "pabal-12345678"):
            return parent
    raise StartError("no folder has a path short enough for sockets; set PABAL_HOME or TMPDIR")


def _is_ours(folder: Path) -> bool:
    """Say whether a recorded folder still exists and nobody else can have put it there."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    return folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o022


def _forget(run: Path, *, keep_folder: bool) -> None:
    if run.is_symlink():
        run.unlink()
    elif run.is_dir() and not keep_folder:
        shutil.rmtree(run)
