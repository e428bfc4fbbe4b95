"""Files have an origin of their own where FILES_URL names one: they are answered there alone, and nothing else is."""

from collections.abc import Mapping

from pretamane.core.errors import NotFound

FILES = "/files/"
_OWN_PORTS = {"http": ":80", "https": ":443"}


class Origins:
    def __init__(self, files_url: str | None) -> None:
        scheme, _, self._files_host = (files_url or "").partition("://")
        self._own_port = _OWN_PORTS.get(scheme, "")

    def refuse_the_wrong_one(self, path: str, headers: Mapping[bytes, bytes]) -> None:
        """A script that got into a file finds nothing but files where it runs."""
        if not self._files_host:
            return
        host = headers.get(b"host", b"").decode("latin-1").lower().removesuffix(self._own_port)
        if (host == self._files_host) != path.startswith(FILES):
            raise NotFound("There is nothing at this address.")
