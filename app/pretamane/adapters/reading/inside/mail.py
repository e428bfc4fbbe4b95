"""Mail files: their words as pages, what is attached as files."""

import email
import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Final

from pretamane.adapters.reading.confinement import MEBIBYTE
from pretamane.adapters.reading.inside.paper import cut
from pretamane.adapters.reading.inside.telling import Attached, Page, Told, as_stream, clean, damaged, too_much

# All of a message is in memory, several times over, while it is taken apart.
_MESSAGE_MOST: Final = 96 * MEBIBYTE
_PARTS_MOST: Final = 1_000
_HEADER_MOST: Final = 10_000
_SHOWN: Final = ("From", "To", "Cc", "Date", "Subject")
_BLANK_LINES: Final = re.compile(r"\n\s*\n\s*\n+")


def read(file: int, _kind: str, _password: str | None, told: Told) -> Iterator[Page | Attached]:
    source = as_stream(file).read(_MESSAGE_MOST + 1)
    if len(source) > _MESSAGE_MOST:
        raise too_much(f"The mail is larger than {_MESSAGE_MOST // MEBIBYTE} MiB.")
    if not source:
        raise damaged("The file is empty.")
    message = email.message_from_bytes(source, policy=compat32)
    del source
    headers = [(name, header(message, name)) for name in _SHOWN]
    if not any(words for _name, words in headers):
        raise damaged("The file is not a mail: it has neither sender nor subject nor date.")
    told.entitle(header(message, "Subject"))
    told.date(_sent(message))
    bodies, attached = _sorted(message)
    top = [f"{name}: {words}" for name, words in headers if words]
    yield from cut([*top, "", *(line for body in bodies for line in body.split("\n"))])
    for number, part in enumerate(attached, start=1):
        yield _attached(part, number)


def header(message: Message, name: str) -> str:
    given = str(message.get(name, ""))[:_HEADER_MOST]
    try:
        words = str(make_header(decode_header(given)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        words = given
    return " ".join(clean(words).split())


def _sent(message: Message) -> object:
    try:
        return parsedate_to_datetime(header(message, "Date"))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _sorted(message: Message) -> tuple[list[str], list[Message]]:
    plain, rich, attached = list[str](), list[str](), list[Message]()
    for number, part in enumerate(_leaves(message)):
        if number >= _PARTS_MOST:
            raise too_much(f"The mail has more than {_PARTS_MOST} parts.")
        kind = part.get_content_type()
        if part.get_filename() or part.get_content_disposition() == "attachment" or kind == "message/rfc822":
            attached.append(part)
        elif kind == "text/plain":
            plain.append(_text(part))
        elif kind == "text/html":
            rich.append(_without_tags(_text(part)))
        elif part.get_content_maintype() != "multipart":
            attached.append(part)
    return plain or rich, attached


def _leaves(message: Message) -> Iterator[Message]:
    """A mail within the mail is one leaf. By a stack: nesting may be deeper than Python's own."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        children = part.get_payload()
        if part.get_content_type() != "message/rfc822" and isinstance(children, list):
            waiting += [child for child in reversed(children) if isinstance(child, Message)]
        else:
            yield part


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    source = payload if isinstance(payload, bytes) else b""
    try:
        text = source.decode(part.get_content_charset("utf-8"), "strict")
    except (LookupError, UnicodeError):
        text = source.decode("cp1252", "replace")
    return clean(text)


class _Words(HTMLParser):
    _ENDING: Final = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "table", "blockquote"})
    _SILENT: Final = frozenset({"script", "style", "head", "title"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces = list[str]()
        self._silenced = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 # its interface
        self._silenced += tag in self._SILENT
        if tag in self._ENDING:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silenced = max(0, self._silenced - (tag in self._SILENT))

    def handle_data(self, data: str) -> None:
        if not self._silenced:
            self.pieces.append(data)


def _without_tags(html: str) -> str:
    words = _Words()
    words.feed(html)
    words.close()
    return _BLANK_LINES.sub("\n\n", "".join(words.pieces)).strip()


def _attached(part: Message, number: int) -> Attached:
    kind = part.get_content_type()
    children = part.get_payload()
    if kind == "message/rfc822" and isinstance(children, list) and children:
        inner = children[0]
        subject = header(inner, "Subject") if isinstance(inner, Message) else ""
        name = _name(part) or f"{subject or f'message {number}'}.eml"
        return Attached(name, kind, [inner.as_bytes()] if isinstance(inner, Message) else [])
    payload = part.get_payload(decode=True)
    return Attached(_name(part) or f"attachment {number}", kind, [payload] if isinstance(payload, bytes) else [])


def _name(part: Message) -> str:
    """As the sender wrote it, but as text; what may be done with a name is for whoever keeps the file."""
    given = (part.get_filename() or "")[:_HEADER_MOST]
    try:
        name = str(make_header(decode_header(given)))
    except (HeaderParseError, LookupError, UnicodeError, ValueError):
        name = given
    return " ".join(clean(name).split())
