"""The system calls that remain inside, as a seccomp filter for each architecture.

A list of what is allowed, not of what is forbidden: a call that nobody thought of is refused. The numbers are the
kernel's (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h) and never change.
"""

import errno
import struct
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

INSTRUCTION: Final = struct.Struct("HBBI")
_LOAD, _EQUALS, _HAS_BITS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_X32 = 0x40000000
# O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND and the bit of O_TMPFILE's own.
_WRITING: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000
_CLONE_THREAD: Final = 0x00010000
# Whoever may name the receiver of a signal (F_SETOWN, F_SETSIG) may kill others, and ioctl reaches a terminal.
_FCNTL: Final = (0, 1, 2, 3, 1030)  # F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_DUPFD_CLOEXEC
_IOCTL: Final = (0x5401, 0x5450, 0x5451)  # TCGETS, FIONCLEX, FIOCLEX


class Architecture(NamedTuple):
    audit: int
    plain: Mapping[str, int]
    # Allowed with some arguments only.
    open: int | None
    openat: int
    clone: int
    prlimit64: int
    fcntl: int
    ioctl: int
    # The C library must believe that the kernel is older than these, as a filter cannot see into what they point to.
    unknown: Sequence[int]


_X86_64: Final = {
    **{"read": 0, "write": 1, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8, "mmap": 9},
    **{"mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15},
    **{"pread64": 17, "readv": 19, "writev": 20, "access": 21, "sched_yield": 24, "mremap": 25, "mincore": 27},
    **{"madvise": 28, "dup": 32, "nanosleep": 35, "getpid": 39, "recvmsg": 47, "exit": 60, "uname": 63},
    **{"getcwd": 79, "readlink": 89, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99},
    **{"getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110, "sigaltstack": 131},
    **{"statfs": 137, "fstatfs": 138, "sched_getparam": 143, "sched_getscheduler": 145, "arch_prctl": 158},
    **{"gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "getdents64": 217},
    **{"set_tid_address": 218, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229},
    **{"clock_nanosleep": 230, "exit_group": 231, "get_mempolicy": 239, "newfstatat": 262, "readlinkat": 267},
    **{"faccessat": 269, "ppoll": 271, "set_robust_list": 273, "getcpu": 309, "getrandom": 318},
    **{"membarrier": 324, "statx": 332, "rseq": 334, "execve": 59},
}
_ARM64: Final = {
    **{"getcwd": 17, "dup": 23, "statfs": 43, "fstatfs": 44, "faccessat": 48, "close": 57, "getdents64": 61},
    **{"lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "ppoll": 73},
    **{"readlinkat": 78, "newfstatat": 79, "fstat": 80, "exit": 93, "exit_group": 94, "set_tid_address": 96},
    **{"futex": 98, "set_robust_list": 99, "nanosleep": 101, "clock_gettime": 113, "clock_getres": 114},
    **{"clock_nanosleep": 115, "sched_getscheduler": 120, "sched_getparam": 121, "sched_getaffinity": 123},
    **{"sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134},
    **{"rt_sigprocmask": 135, "rt_sigreturn": 139, "uname": 160, "getrlimit": 163, "getrusage": 165},
    **{"getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173, "getuid": 174, "geteuid": 175},
    **{"getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179, "recvmsg": 212, "brk": 214, "munmap": 215},
    **{"mremap": 216, "mmap": 222, "mprotect": 226, "mincore": 232, "madvise": 233, "get_mempolicy": 236},
    **{"getrandom": 278, "membarrier": 283, "statx": 291, "rseq": 293, "execve": 221},
}
_ONLY_WHEN_NAMED: Final = frozenset({"execve"})
_UNKNOWN: Final = (435, 437, 439)  # clone3, openat2, faccessat2
ARCHITECTURES: Final = {
    "x86_64": Architecture(0xC000003E, _X86_64, 2, 257, 56, 302, 72, 16, _UNKNOWN),
    "aarch64": Architecture(0xC00000B7, _ARM64, None, 56, 220, 261, 25, 29, _UNKNOWN),
}


def program(architecture: Architecture, also: Sequence[str] = ()) -> bytes:
    """As the kernel takes it; everything that is not allowed fails as not permitted."""
    allowed = [number for name, number in architecture.plain.items() if name not in _ONLY_WHEN_NAMED or name in also]
    lines = [
        _line(_LOAD, _ARCH),
        _line(_EQUALS, architecture.audit, 1, 0),
        _line(_RETURN, _KILL),
        _line(_LOAD, _NUMBER),
        _line(_AT_LEAST, _X32, 0, 1),
        _line(_RETURN, _KILL),
    ]
    for number in allowed:
        lines += [_line(_EQUALS, number, 0, 1), _line(_RETURN, _ALLOW)]
    for number in architecture.unknown:
        lines += [_line(_EQUALS, number, 0, 1), _line(_RETURN, _ERRNO | errno.ENOSYS)]
    lines += _with_arguments(architecture)
    return b"".join([*lines, _line(_RETURN, _ERRNO | errno.EPERM)])


def _line(code: int, value: int, when_true: int = 0, when_false: int = 0) -> bytes:
    return INSTRUCTION.pack(code, when_true, when_false, value)


def _with_arguments(architecture: Architecture) -> list[bytes]:
    lines = []
    if architecture.open is not None:
        lines += _case(architecture.open, 1, _none_of(_WRITING))
    lines += _case(architecture.openat, 2, _none_of(_WRITING))
    lines += _case(architecture.clone, 0, _all_of(_CLONE_THREAD))
    lines += _case(architecture.fcntl, 1, _one_of(_FCNTL))
    lines += _case(architecture.ioctl, 1, _one_of(_IOCTL))
    lines += _case(architecture.prlimit64, 2, _nothing_new())
    return lines


def _case(number: int, argument: int, decision: list[bytes]) -> list[bytes]:
    body = [_line(_LOAD, _low_half(argument)), *decision]
    return [_line(_EQUALS, number, 0, len(body)), *body]


def _low_half(argument: int) -> int:
    return _ARGUMENTS + 8 * argument


_REFUSE: Final = INSTRUCTION.pack(_RETURN, 0, 0, _ERRNO | errno.EPERM)
_PERMIT: Final = INSTRUCTION.pack(_RETURN, 0, 0, _ALLOW)


def _none_of(bits: int) -> list[bytes]:
    return [_line(_HAS_BITS, bits, 0, 1), _REFUSE, _PERMIT]


def _all_of(bits: int) -> list[bytes]:
    return [_line(_HAS_BITS, bits, 1, 0), _REFUSE, _PERMIT]


def _one_of(values: Sequence[int]) -> list[bytes]:
    lines = []
    for value in values:
        lines += [_line(_EQUALS, value, 0, 1), _PERMIT]
    return [*lines, _REFUSE]


def _nothing_new() -> list[bytes]:
    """prlimit64 reads limits when the pointer to new ones, both halves of it, is null."""
    high = _low_half(2) + 4
    return [_line(_EQUALS, 0, 1, 0), _REFUSE, _line(_LOAD, high), _line(_EQUALS, 0, 1, 0), _REFUSE, _PERMIT]
