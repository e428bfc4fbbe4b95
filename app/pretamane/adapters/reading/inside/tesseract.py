"""Becomes tesseract, behind the same bars but the one that keeps programs from starting.

A program of its own, as these steps belong between fork and exec, where a parent with threads must not take any.
"""

import ctypes
import os
import resource
import signal
import sys
from typing import Final

from pretamane.adapters.reading import confinement

_PR_SET_PDEATHSIG: Final = 1


def main() -> None:
    parent, seconds, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        # The thread that starts it waits for it, so that thread's end is the parent's.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit(1)
    confinement.limit()
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    confinement.close(also=("execve",))
    os.execv(program, [program, *arguments])  # noqa: S606  # no shell is the point; ocr.py alone writes this command


if __name__ == "__main__":
    main()
