"""A PDF behind a password, by the oldest of its ciphers: it is short enough to be written here."""

import hashlib

from tests.samples import WORDS, pdf_of, stream

_PADDING = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")
_IDENTITY, _RIGHTS = b"0123456789abcdef", (0xFFFFFFFC).to_bytes(4, "little")


def locked_pdf(password: str) -> bytes:
    """One page with the samples' words."""
    padded = (password.encode() + _PADDING)[:32]
    owner = _rc4(hashlib.md5(padded, usedforsecurity=False).digest()[:5], padded)
    key = hashlib.md5(padded + owner + _RIGHTS + _IDENTITY, usedforsecurity=False).digest()[:5]
    own_key = hashlib.md5(key + (4).to_bytes(3, "little") + b"\0\0", usedforsecurity=False).digest()[:10]
    drawing = b"BT /F1 11 Tf 72 780 Td (%s) Tj ET" % WORDS.encode("cp1252")
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"
    return pdf_of(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 %s>>>>>>" % font,
            4: stream(_rc4(own_key, drawing)),
            5: b"<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>"
            % (owner.hex().encode(), _rc4(key, _PADDING).hex().encode()),
        },
        b"/Root 1 0 R/Encrypt 5 0 R/ID[<%s><%s>]" % ((_IDENTITY.hex().encode(),) * 2),
    )


def _rc4(key: bytes, plain: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    done = bytearray()
    for letter in plain:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        done.append(letter ^ state[(state[i] + state[j]) % 256])
    return bytes(done)
