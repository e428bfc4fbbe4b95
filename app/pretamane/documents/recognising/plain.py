"""Whether bytes are text that a person could have written, and whether it is only that."""

import codecs
import re
from collections.abc import Iterable

# What texts hold of these: tabs, breaks of lines and pages, ESC (Japanese mails), and the end that DOS wrote, ^Z.
_ALLOWED = b"\t\n\v\f\r\x1b\x1a"
_CONTROLS = bytes(code for code in (*range(32), 127) if code not in _ALLOWED)
_CONTROL = re.compile("[" + re.escape(_CONTROLS.decode()) + "]")
_WIDE = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def is_plain(some: bytes) -> bool:
    if wide := _WIDE.get(some[:2]):
        return not _CONTROL.search(some[2:].decode(wide, "ignore"))
    return len(some.translate(None, _CONTROLS)) == len(some)


def is_text_throughout(windows: Iterable[bytes]) -> bool:
    """UTF-8 or a single-byte encoding without control signs; UTF-16 by its mark."""
    wide: codecs.IncrementalDecoder | None = None
    for number, window in enumerate(windows):
        if number == 0 and window[:2] in _WIDE:
            wide = codecs.getincrementaldecoder(_WIDE[window[:2]])()
        if wide is None and not is_plain(window):
            return False
        if wide is not None and not _reads_wide(wide, window):
            return False
    return True


def _reads_wide(wide: codecs.IncrementalDecoder, window: bytes) -> bool:
    try:
        return not _CONTROL.search(wide.decode(window))
    except UnicodeDecodeError:
        return False


def beginning(head: bytes) -> str:
    """The first signs, without a byte order mark or white space before them."""
    encoding = _WIDE.get(head[:2], "utf-8")
    return head[:4096].decode(encoding, "replace").lstrip("\ufeff \t\r\n\v\f\0")
