"""A form with one file, whose bytes go on as they come: large ones are never held, and written only once."""

from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from pretamane.core.errors import Malformed, UnsupportedMedia

# Of everything but the file.
MOST_FIELDS, FIELDS_BYTES = 50, 64 * 1024


class FormWithFile:
    """`fields` and `filename` are whole once the file's last piece has been taken."""

    def __init__(self, request: Request) -> None:
        kind, parameters = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data":
            raise UnsupportedMedia("Send the file as a form (Content-Type: multipart/form-data).")
        if not parameters.get(b"boundary"):
            raise Malformed("The form names no boundary, so its fields cannot be told apart.")
        self.fields: dict[str, str] = {}
        self.filename: str | None = None
        self._headers: dict[str, str] = {}
        self._header, self._value = bytearray(), bytearray()
        self._name, self._field, self._is_the_file = "", bytearray(), False
        self._pieces: list[memoryview] = []
        self._small = 0
        self._is_complete = False
        try:
            self._parser = MultipartParser(
                parameters[b"boundary"],
                self._callbacks(),  # type: ignore[arg-type]  # its own TypedDict is private
                max_header_size=FIELDS_BYTES,
            )
        except FormParserError as failure:
            raise Malformed("The form's boundary cannot be understood.") from failure

    async def file(self, body: AsyncIterable[bytes]) -> AsyncIterator[memoryview]:
        try:
            async for piece in body:
                self._parser.write(piece)
                for part in self._pieces:
                    yield part
                self._pieces.clear()
        except FormParserError as failure:
            raise Malformed("The form could not be read: it is cut off, or not what it says it is.") from failure
        if not self._is_complete:
            raise Malformed("The form could not be read: it is cut off.")
        if self.filename is None:
            raise Malformed("The form has no file. Send one, in a field of any name.")

    def _callbacks(self) -> dict[str, Callable[..., Any]]:
        return {
            "on_part_begin": self._begin,
            "on_header_field": lambda read, start, end: self._header.extend(read[start:end]),
            "on_header_value": lambda read, start, end: self._value.extend(read[start:end]),
            "on_header_end": self._keep_header,
            "on_headers_finished": self._recognise,
            "on_part_data": self._take,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._headers, self._field, self._is_the_file = {}, bytearray(), False

    def _keep_header(self) -> None:
        self._headers[self._header.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._header, self._value = bytearray(), bytearray()

    def _recognise(self) -> None:
        """Names of files are UTF-8 in every browser; the parser's own header reader knows only what fits latin-1."""
        name, filename = _names(self._headers.get("content-disposition", ""))
        self._name = name
        if filename is not None:
            if self.filename is not None:
                raise Malformed("The form has more than one file. Send one at a time.")
            self.filename, self._is_the_file = filename, True

    def _take(self, read: bytes, start: int, end: int) -> None:
        if self._is_the_file:
            self._pieces.append(memoryview(read)[start:end])
            return
        self._small += end - start
        if self._small > FIELDS_BYTES:
            raise Malformed("The form's fields, beside its file, are too long.")
        self._field.extend(read[start:end])

    def _end_part(self) -> None:
        if not self._is_the_file:
            self.fields[self._name] = self._field.decode("utf-8", "replace")
            if len(self.fields) > MOST_FIELDS:
                raise Malformed("The form has too many fields.")

    def _end(self) -> None:
        self._is_complete = True


def _names(disposition: str) -> tuple[str, str | None]:
    """The field's name, and that of its file if it is one. Browsers write a quotation mark as %22."""
    escaped = disposition.encode().decode("latin-1")
    _, parameters = parse_options_header(escaped)
    name, filename = (parameters.get(key) for key in (b"name", b"filename"))
    return _text(name or b""), None if filename is None else _text(filename)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").replace("%22", '"')
