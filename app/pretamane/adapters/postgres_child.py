"""Run as a program of its own: leave root, tie this process to its parent's life, become PostgreSQL.

These steps belong between fork and exec. Done there, in a parent that may have threads, they can deadlock;
done here they run in a fresh single-threaded interpreter, which exec then replaces under the same process id.
So this file imports nothing but the standard library, and the launcher names it by path.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

REFUSAL = "pretamane: "  # marks a sentence for people among whatever else stands in PostgreSQL's log
NOBODY = 65534

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1


class Refused(Exception):
    """PostgreSQL cannot be started from here; the message is the sentence for a person."""


def _call(function: str, *arguments: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _leave_root(folder: str, program: str) -> None:
    """PostgreSQL refuses root: inside this namespace we are nobody, and outside it the files stay root's."""
    group = os.getegid()
    try:
        _call("unshare", _CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
        Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1", encoding="ascii")
        Path("/proc/self/gid_map").write_text(f"{NOBODY} {group} 1", encoding="ascii")
    except OSError as fault:
        raise Refused(
            "PostgreSQL refuses to run as root, and this system does not let root start it as nobody "
            f"(user namespaces: {fault.strerror}): run Pretamane as an ordinary user, "
            "or name a PostgreSQL in PRETAMANE_DATABASE_URL."
        ) from fault
    for path, need in ((folder, os.W_OK | os.X_OK), (program, os.X_OK)):
        if not os.access(path, need):
            raise Refused(
                f"PostgreSQL, started by root, has no way into {path}, which lies in another user's private "
                "folder: run Pretamane as that user, or keep it in a folder of root's."
            )


def _die_with(parent: int) -> None:
    """Must come after the change of identity, which clears the wish."""
    _call("prctl", _PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
    if os.getppid() != parent:
        raise Refused("Pretamane ended before its PostgreSQL had started.")


def become(parent: int, folder: str, command: list[str]) -> None:
    """`parent` is 0 where PostgreSQL shall not be tied to it."""
    if os.geteuid() == 0:
        _leave_root(folder, command[0])
    if parent and sys.platform == "linux":
        _die_with(parent)
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is the point; the launcher alone writes this command
    except OSError as fault:
        raise Refused(
            f"PostgreSQL's programs do not run on this system ({fault.strerror}): "
            "name a PostgreSQL of your own in PRETAMANE_DATABASE_URL."
        ) from fault


if __name__ == "__main__":
    try:
        become(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
    except Refused as refused:
        sys.exit(f"{REFUSAL}{refused}")
