"""A launcher: tie a program's life to its parent's, then become that program.

It runs as a script in a fresh interpreter (``python -I -S launch.py PARENT SIGNAL USER PROGRAM
...``), since doing this between fork and exec is unsafe in a parent that has threads:

- PARENT: the process id of the parent; if that is no longer our parent, nothing is started;
- SIGNAL: the number of the signal that the kernel sends the program when its parent dies (Linux);
- USER: ``-``, or ``UID:GID`` to become first.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(user: str) -> None:
    """Give up root for good: all groups, then the group id, then the user id."""
    uid, gid = (int(part) for part in user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def die_with(parent: int, number: int) -> None:
    """Ask the kernel to signal us when our parent dies; leave if it has died already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
    if os.getppid() != parent:
        raise SystemExit("launch: the parent has gone")


def main() -> None:
    """Do what the module says; does not return."""
    parent, number, user, *program = sys.argv[1:]
    # A change of user clears the parent-death signal, so it has to come first.
    if user != "-":
        become(user)
    die_with(int(parent), int(number))
    # Python ignores these, and an ignored signal stays ignored in the next program.
    for ignored in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored, signal.SIG_DFL)
    os.execve(program[0], program, os.environ)


if __name__ == "__main__":
    main()
