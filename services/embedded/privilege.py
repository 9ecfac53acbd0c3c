"""Running PostgreSQL, which refuses root, when the hub itself runs as root.

It becomes the owner of its data folder, at first `nobody`. That user may be unable to reach the
binaries or the data (a virtualenv below `/root`, say). Then it keeps one capability of root's,
the weakest that helps: to search any folder. PostgreSQL asks ``access(2)`` about its own files,
and the kernel ignores capabilities there unless the secure bit ``no_setuid_fixup`` is set.
"""

import os
import pwd
import shutil
import signal
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.embedded.child import Account
from services.embedded.errors import StartError

# Names as setpriv(1) takes them, bits as capability.h counts them; the first is the weakest.
SEARCH_CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}
SETPCAP = 8


@dataclass(frozen=True, slots=True)
class Drop:
    """How a program leaves root: a command before its own, or an account to become."""

    prefix: tuple[str, ...] = ()
    account: Account | None = None


def database_account(data: Path) -> Account | None:
    """Return the account that owns, or shall own, PostgreSQL's data; None unless we are root.

    Raises:
        StartError: The data belongs to a user that we cannot become.
    """
    owner = data.stat() if data.exists() else None
    if os.geteuid() != 0:
        if owner is not None and owner.st_uid != os.geteuid():
            raise StartError(f"{data} belongs to user {owner.st_uid}; run the hub as that user")
        return None
    if owner is not None and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Say whether every folder above ``path``, links followed or not, lets any user through."""
    folders = {*path.absolute().parents, *path.resolve().parents}
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


def effective_capabilities() -> int:
    """Return this process's effective capabilities as a bit mask; 0 where there are none."""
    status = Path("/proc/self/status")
    if not status.exists():
        return 0
    fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(fields["CapEff"], 16)


def drop_to(account: Account | None, needed: Iterable[Path], death_signal: signal.Signals) -> Drop:
    """Return how to run a program as ``account`` so that it reaches every needed path.

    Raises:
        StartError: It cannot be made to reach one of them.
    """
    if account is None:
        return Drop()
    hidden = next((path for path in needed if not reachable_by_others(path)), None)
    setpriv = shutil.which("setpriv")
    if setpriv is None and hidden is None:
        return Drop(account=account)
    extra = () if hidden is None else capability_options(effective_capabilities())
    if setpriv is None or (hidden is not None and not extra):
        raise StartError(
            f"PostgreSQL cannot run as root, and user {account.uid} cannot reach {hidden}; run the"
            " hub as another user, or move it (PABAL_HOME, the virtualenv) to where all may go"
        )
    options = (f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups")
    return Drop(prefix=(setpriv, *options, f"--pdeathsig={death_signal.name[3:]}", *extra))


def capability_options(effective: int) -> tuple[str, ...]:
    """Return setpriv's options to keep the weakest useful capability; none if there is none."""
    if not effective >> SETPCAP & 1:
        return ()
    for name, bit in SEARCH_CAPABILITIES.items():
        if effective >> bit & 1:
            keep = (f"--inh-caps=+{name}", f"--ambient-caps=+{name}")
            return (*keep, "--securebits=+no_setuid_fixup")
    return ()
