"""Debian's Firefox, driven by its own Marionette protocol: no driver has to be built or downloaded for it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
WITHIN = 30.0
# Nothing leaves this machine but what the test asks for, and the port is whichever is free.
PREFERENCES = {
    "marionette.port": 0,
    "app.normandy.enabled": False,
    "app.update.auto": False,
    "browser.safebrowsing.downloads.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,nothing",
    "toolkit.telemetry.enabled": False,
}


class Firefox:
    """Each command is a line of JSON with its length before it, and so is each answer."""

    def __init__(self, port: int) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), timeout=WITHIN)
        self._unread = b""
        self._number = 0
        self._receive()  # its greeting
        self._ask("WebDriver:NewSession", capabilities={})

    def _ask(self, command: str, **given: object) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, given]).encode()
        self._line.sendall(b"%d:%s" % (len(message), message))
        _, _, error, answer = self._receive()
        assert error is None, f"{command}: {error}"
        return answer.get("value") if isinstance(answer, dict) else answer

    def _receive(self) -> Any:
        while b":" not in self._unread:
            self._read_on()
        length, _, self._unread = self._unread.partition(b":")
        while len(self._unread) < int(length):
            self._read_on()
        message, self._unread = self._unread[: int(length)], self._unread[int(length) :]
        return json.loads(message)

    def _read_on(self) -> None:
        received = self._line.recv(65536)
        assert received, "Firefox has ended"
        self._unread += received

    def open(self, address: str) -> None:
        self._ask("WebDriver:Navigate", url=address)

    def type(self, selector: str, text: str) -> None:
        self._ask("WebDriver:ElementSendKeys", id=self._element(selector), text=text)

    def press(self, selector: str) -> None:
        self._ask("WebDriver:ElementClick", id=self._element(selector))

    def _element(self, selector: str) -> str:
        found = self._ask("WebDriver:FindElement", using="css selector", value=selector)
        return str(next(iter(found.values())))

    def tell(self, expression: str) -> Any:
        """What a line of script sees on the page."""
        return self._ask("WebDriver:ExecuteScript", script=f"return {expression}", args=[])

    def eventually(self, expression: str) -> Any:
        patience = time.monotonic() + WITHIN
        while not (value := self.tell(expression)):
            assert time.monotonic() < patience, f"never true: {expression}"
            time.sleep(0.05)
        return value

    def close(self) -> None:
        self._line.close()


@contextmanager
def opened(folder: Path) -> Iterator[Firefox]:
    assert FIREFOX is not None
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("\n".join(lines))
    command = [FIREFOX, "--headless", "--marionette", "--no-remote", "--profile", str(folder)]
    environment = {**os.environ, "HOME": str(folder), "MOZ_HEADLESS": "1"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        firefox = Firefox(_port_of(folder, process))
        yield firefox
        firefox.close()
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # its content processes with it
        process.wait(WITHIN)


def _port_of(folder: Path, process: subprocess.Popen[bytes]) -> int:
    """Firefox writes it down once it listens."""
    told, patience = folder / "MarionetteActivePort", time.monotonic() + WITHIN
    while not (told.exists() and told.read_text().strip()):
        is_starting = process.poll() is None and time.monotonic() < patience
        assert is_starting, (folder / "log").read_text()
        time.sleep(0.05)
    return int(told.read_text())
