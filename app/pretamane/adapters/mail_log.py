"""Mail that stays here: each one a private file, for machines that have no mail server."""

import logging
import os
from collections.abc import Collection
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from pretamane.core.errors import Unavailable
from pretamane.core.ids import new_id

_log = logging.getLogger("pretamane.mail")


class LogMailer:
    name = "mail"
    required = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: EmailMessage) -> None:
        file = self._folder / f"{new_id()}.eml"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
                written.write(message.as_bytes())
        except OSError as failure:
            raise Unavailable(f"The mail could not be kept in {self._folder}: {failure.strerror}.") from None
        _log.info("A mail was kept as %s", file.name)

    def forget(self, words: Collection[str]) -> int:
        """Looked for as they are read, whatever code the mail is in."""
        gone = [file for file in self._folder.glob("*.eml") if _has_any(file.read_bytes(), words)]
        for file in gone:
            file.unlink(missing_ok=True)
        return len(gone)

    def probe(self) -> None:
        """Nothing is written to find out: `pretamane check` leaves no trace."""
        nearest = next(folder for folder in (self._folder, *self._folder.absolute().parents) if folder.exists())
        if not (nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)):
            raise Unavailable(f"Mail cannot be kept in {self._folder}: {nearest} is no folder that we may write to.")


def _has_any(mail: bytes, words: Collection[str]) -> bool:
    message = message_from_bytes(mail, policy=default)
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    said = "\n".join((*(str(value) for value in message.values()), *texts)).lower()
    return any(word.lower() in said for word in words)
