"""The image's health check: `python3 -I healthy.py 8000 /health/ready` ends with 0 when that address answers 200.

Run every few seconds beside the app, so it imports next to nothing.
"""

import socket
import sys

PATIENCE_SECONDS = 4


def answers_200(port: int, path: str) -> bool:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        with connection.makefile("rb") as answer:
            return answer.readline().split(maxsplit=2)[1:2] == [b"200"]


if __name__ == "__main__":
    try:
        sys.exit(0 if answers_200(int(sys.argv[1]), sys.argv[2]) else 1)
    except OSError as failure:
        sys.exit(f"Port {sys.argv[1]} gave no answer: {failure}")
