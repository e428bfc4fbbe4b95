"""Whether Meilisearch is there and takes our key. Nothing is searched by it yet, so no client library is needed."""

from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from pretamane.core.errors import Unavailable

# To connect, and again to answer: less than what a look at the system's health gives to any one dependency.
PATIENCE_SECONDS = 0.9
# Of its addresses one that asks for the key where there is one; /health would be content without.
_ASKED = "/version"
_REFUSED = {401, 403}


class Meilisearch:
    name = "search"
    required = False

    def __init__(self, url: str, key: str | None) -> None:
        self._url = urlsplit(url)
        self._headers = {} if key is None else {"Authorization": f"Bearer {key}"}

    def probe(self) -> None:
        line = HTTPSConnection if self._url.scheme == "https" else HTTPConnection
        connection = line(str(self._url.hostname), self._url.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", _ASKED, headers=self._headers)
            status = connection.getresponse().status
        except OSError as failure:
            reason = failure.strerror or type(failure).__name__
            raise Unavailable(f"The search server cannot be reached: {reason}.") from None
        except HTTPException:
            raise Unavailable("What answers in the search server's place is no Meilisearch.") from None
        finally:
            connection.close()
        if status in _REFUSED:
            raise Unavailable("The search server does not take our key.")
        if status != 200:
            raise Unavailable(f"The search server answered {status}.")
