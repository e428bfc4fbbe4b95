"""The bars: what a process gives up before it touches a file that nobody vouches for.

They need neither root nor a capability, and they hold in a container: limits, no_new_privs, a seccomp filter that
lists the system calls still allowed, and, where the kernel has Landlock, reading nothing but programs and fonts.
"""

import ctypes
import fcntl
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pretamane.adapters.reading import syscalls

MEBIBYTE: Final = 1024 * 1024
# What a reader may allocate. The address space holds that, the libraries, and the file, which is at most an upload.
DATA: Final = 640 * MEBIBYTE
ADDRESS_SPACE: Final = 1536 * MEBIBYTE
OPEN_FILES: Final = 32

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_F_SETSIG: Final = 10
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # Landlock's, the same on every architecture
_PATH_BENEATH: Final = 1
_ALL_OF_ABI_1, _READ_FILE, _READ_DIR = (1 << 13) - 1, 1 << 2, 1 << 3
_FONTS: Final = ("/usr/share/fonts", "/usr/local/share/fonts")
_LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")


class CannotConfine(Exception):
    """This system does not let the bars be put up; what has none must not read."""


def limit() -> None:
    """Limits that hold on every system; time is measured from outside, for each request anew."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    if sys.platform == "linux":  # macOS takes these and then does not keep them
        _lower(resource.RLIMIT_AS, ADDRESS_SPACE)
        _lower(resource.RLIMIT_DATA, DATA)


def _lower(what: int, most: int) -> None:
    _soft, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def die_with(lifeline: int) -> None:
    """The kernel kills this process when the other end of the pipe closes, and so at its parent's death.

    PR_SET_PDEATHSIG would end it with the thread that started it, and the web server's threads come and go.
    Where there is no such signal (macOS), the next reading or writing finds the parent gone.
    """
    if sys.platform == "linux":
        fcntl.fcntl(lifeline, _F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(lifeline, fcntl.F_SETFL, os.O_RDONLY | fcntl.FASYNC)
        if _is_closed(lifeline):
            sys.exit(0)


def _is_closed(lifeline: int) -> bool:
    import select

    poll = select.poll()
    poll.register(lifeline, select.POLLHUP)
    return bool(poll.poll(0))


def close(also: Sequence[str] = ()) -> bool:
    """From here on only what `syscalls` lists; `also` names more. True when reading is confined as well."""
    if sys.platform != "linux":
        return False
    architecture = syscalls.ARCHITECTURES.get(platform.machine())
    if architecture is None:
        raise CannotConfine(f"there is no seccomp filter for {platform.machine()} processors yet")
    libc = ctypes.CDLL(None, use_errno=True)
    _call(libc, _PR_SET_NO_NEW_PRIVS, 1, 0)
    reads_little = not also and _read_only_what_programs_need(libc)
    _install(libc, syscalls.program(architecture, also))
    return reads_little


def _call(libc: ctypes.CDLL, option: int, value: int, pointer: object) -> None:
    if libc.prctl(option, ctypes.c_ulong(value), pointer, ctypes.c_ulong(0), ctypes.c_ulong(0)) != 0:
        raise CannotConfine(f"this system refuses seccomp ({os.strerror(ctypes.get_errno())})")


def _install(libc: ctypes.CDLL, filter_: bytes) -> None:
    code = ctypes.create_string_buffer(filter_, len(filter_))
    header = struct.pack("HxxxxxxP", len(filter_) // syscalls.INSTRUCTION.size, ctypes.addressof(code))
    _call(libc, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.create_string_buffer(header, len(header)))


def _read_only_what_programs_need(libc: ctypes.CDLL) -> bool:
    """Python's own folders, for what a family imports when it is first needed, and fonts for what embeds none."""
    handled = ctypes.c_uint64(_ALL_OF_ABI_1)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), 0)
    if ruleset < 0:
        return False
    house = str(Path(__file__).parents[2])
    for place in {house, sys.prefix, sys.base_prefix, *_FONTS, *_LIBRARIES}:
        _allow_beneath(libc, ruleset, place)
    confined = bool(libc.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    os.close(ruleset)
    return confined


def _allow_beneath(libc: ctypes.CDLL, ruleset: int, place: str) -> None:
    try:
        opened = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    rights = _READ_FILE | _READ_DIR if Path(place).is_dir() else _READ_FILE
    rule = struct.pack("=Qi", rights, opened)
    libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.create_string_buffer(rule, len(rule)), 0)
    os.close(opened)


def cage_in_words(*, reads_little: bool) -> str:
    """What `check` tells about this system."""
    if sys.platform != "linux":
        return "In a process of its own with limits on time; here it could still reach the network and other files."
    files = "no file but what programs and letters are made of" if reads_little else "no file that it could change"
    return f"In a cage: no network, no program, {files}, limits on memory and time."
