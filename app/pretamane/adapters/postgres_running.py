"""Finding the embedded PostgreSQL that another process of ours runs on a data folder."""

import socket
from contextlib import closing
from pathlib import Path

from pretamane.adapters.postgres_embedded import NAME, address_of
from pretamane.adapters.postgres_folder import SOCKET_NAME, socket_folders


def address_of_running(folder: Path) -> str | None:
    """The owner's; None when nobody answers there: a socket's file may outlive its server."""
    for sockets in socket_folders(folder.absolute()):
        if _answers(sockets / SOCKET_NAME):
            return address_of(sockets, NAME)
    return None


def _answers(path: Path) -> bool:
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
