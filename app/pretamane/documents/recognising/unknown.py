"""What a strange file may be: libmagic's word where it is, puremagic's otherwise. It only names; it admits nothing."""

import threading
from contextlib import suppress
from functools import cache
from typing import Protocol

from pretamane.documents.recognising import foreign
from pretamane.documents.recognising.refusing import Foreign

# libmagic is written in C and reads what strangers send: it is given little.
SHOWN = 16 * 1024
_turn = threading.Lock()

_BY_FAMILY = {"image": foreign.PICTURE, "video": foreign.FILM, "audio": foreign.SOUND, "font": foreign.FONT}
_BY_WORD = (
    (("dosexec", "msdownload", "portable-executable"), foreign.WINDOWS_PROGRAM),
    (("x-executable", "sharedlib", "pie-executable", "x-object", "coredump"), foreign.LINUX_PROGRAM),
    (("mach-binary",), foreign.MAC_PROGRAM),
    (("java-applet", "x-java"), foreign.JAVA_PROGRAM),
    (("x-lnk", "ms-shortcut"), foreign.SHORTCUT),
    (("zip", "compress", "x-7z", "x-rar", "x-tar", "cpio", "archive", "gzip", "x-xz", "zstd", "x-lz"), foreign.ARCHIVE),
    (("iso9660", "disk-image", "qemu"), foreign.DISK),
    (("sqlite", "msaccess", "dbf"), foreign.DATABASE),
    (("font", "opentype", "truetype"), foreign.FONT),
    (("postscript",), foreign.POSTSCRIPT),
    (("shellscript", "javascript", "x-php", "x-perl", "x-python", "x-ruby"), foreign.SCRIPT),
)


class Namer(Protocol):
    def from_buffer(self, buf: bytes) -> str: ...


def has_libmagic() -> bool:
    return _libmagic() is not None


def what_it_may_be(head: bytes) -> Foreign:
    media_type = _media_type(head[:SHOWN])
    for words, kind in _BY_WORD:
        if any(word in media_type for word in words):
            return kind
    return _BY_FAMILY.get(media_type.partition("/")[0], foreign.UNKNOWN)


def _media_type(head: bytes) -> str:
    namer = _libmagic()
    if namer is None:
        return _by_puremagic(head)
    with _turn:
        return namer.from_buffer(head)


@cache
def _libmagic() -> Namer | None:
    """Its list of signs takes 7 MB, so it is read when the first stranger comes."""
    with suppress(ImportError):
        import pylibmagic  # noqa: F401  # it shows the next import where the library is
    try:
        import magic

        return magic.Magic(mime=True)
    except (ImportError, OSError):
        return None


def _by_puremagic(head: bytes) -> str:
    import puremagic

    try:
        return str(puremagic.from_string(head, mime=True))
    except (puremagic.PureError, ValueError):
        return ""
