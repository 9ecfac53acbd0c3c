"""The hub's own secrets, made once and kept in its home."""

import base64
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from services.embedded.errors import StartError


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the hub made for itself; never shown.

    Attributes:
        database_password: Of PostgreSQL's user.
        secret_key: A Fernet key, which encrypts endpoint secrets at rest.
        admin_key: The API key of the hub's own administrator.
    """

    database_password: str = field(repr=False)
    secret_key: str = field(repr=False)
    admin_key: str = field(repr=False)


def load_secrets(folder: Path, *, data_exists: bool) -> Secrets:
    """Read the secrets, making those that are missing.

    Raises:
        StartError: A secret is missing without which the existing data cannot be used.
    """
    must_exist = data_exists
    return Secrets(
        database_password=_load(folder / "database-password", _password, must_exist=must_exist),
        secret_key=_load(folder / "secret-key", _fernet_key, must_exist=must_exist),
        admin_key=_load(folder / "admin-key", _admin_key, must_exist=False),
    )


def _load(path: Path, make: Callable[[], str], *, must_exist: bool) -> str:
    if path.exists():
        return path.read_text().strip()
    if must_exist:
        raise StartError(f"{path} is missing, and the data cannot be read without it; restore it")
    value = make()
    write_private(path, value)
    return value


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all, and durably."""
    unfinished = path.with_name(f".{path.name}.new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{text}\n")
        file.flush()
        os.fsync(descriptor)
    unfinished.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _password() -> str:
    return secrets.token_hex(24)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def _admin_key() -> str:
    return f"pabal_{secrets.token_hex(8)}_{secrets.token_hex(24)}"
