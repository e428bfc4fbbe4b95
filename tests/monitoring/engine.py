"""Log files as the engine's json-file driver writes them: one object a line, nanoseconds, pieces of 16 KiB."""

import json
import secrets
import time
from pathlib import Path

PIECE = 16 * 1024


class Container:
    def __init__(self, logs: Path, service: str | None) -> None:
        identity = secrets.token_hex(32)
        self._file = logs / identity / f"{identity}-json.log"
        self._file.parent.mkdir(parents=True)
        self._attrs = {} if service is None else {"attrs": {"com.docker.compose.service": service}}

    def says(self, *lines: str, stream: str = "stderr") -> None:
        with self._file.open("a", encoding="utf-8") as file:
            for line in lines:
                for piece in pieces(line + "\n"):
                    file.write(json.dumps({"log": piece, "stream": stream, **self._attrs, "time": now()}) + "\n")

    def is_kept_as_the_engine_does(self) -> None:
        for folder in (self._file.parent.parent, self._file.parent):
            folder.chmod(0o710)
        self._file.chmod(0o640)

    def is_rotated(self) -> None:
        """As with max-file: the newest is put aside as .1, what was .1 as .2."""
        one, two = (self._file.with_name(f"{self._file.name}.{number}") for number in (1, 2))
        if one.exists():
            one.rename(two)
        self._file.rename(one)


def pieces(line: str) -> list[str]:
    return [line[start : start + PIECE] for start in range(0, len(line), PIECE)]


def now() -> str:
    nanoseconds = time.time_ns()
    seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(nanoseconds // 1_000_000_000))
    return f"{seconds}.{nanoseconds % 1_000_000_000:09d}Z"
