"""A setting that changes while we run: whoever was told the old one ends, and the crew starts it with the new one."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

LOOK_SECONDS = 2.0

_log = logging.getLogger("pretamane.rereading")


def end_when(is_new: Callable[[str], bool], file: Path, every: float = LOOK_SECONDS) -> None:
    """In a member of a crew: ends this process in good order once the file says something new."""

    def watch() -> None:
        while not is_new(read(file)):
            time.sleep(every)
        _log.info("The file of a setting says something new; starting again with it.")
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="rereading", daemon=True).start()


def read(file: Path) -> str:
    """Nothing where it cannot be read: it may just be replaced."""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
