"""Log files of the embedded servers, kept below a size."""

import os
import shutil
from pathlib import Path

LIMIT = 5 * 1024 * 1024


def open_log(path: Path) -> int:
    """Open a log for appending, readable by its owner only; the caller closes the descriptor."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    bound_log(path)
    return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def bound_log(path: Path, limit: int = LIMIT) -> bool:
    """Move what a log holds to ``NAME.1`` once it exceeds ``limit`` bytes; say whether it did.

    The file is copied and emptied in place, since a running server keeps it open (for appending).
    A line written between the two steps may be lost.
    """
    if not path.exists() or path.stat().st_size <= limit:
        return False
    older = path.with_name(f"{path.name}.1")
    shutil.copyfile(path, older)
    older.chmod(0o600)
    os.truncate(path, 0)
    return True
