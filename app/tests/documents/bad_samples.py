"""Files that are no plain documents: programs, archives, two things in one. None of them does any harm."""

import bz2
import gzip
import io
import lzma
import struct
import tarfile

from tests.documents import samples

# In two halves, so that scanners leave this file alone.
TEST_VIRUS = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"
HTML = b"<!DOCTYPE html><html><body><script>document.title='read'</script></body></html>\n"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>document.title="read"</script></svg>'


def elf() -> bytes:
    return (
        b"\x7fELF\x02\x01\x01\0"
        + b"\0" * 8
        + struct.pack("<2HL3QL6H", 2, 62, 1, 0x400000, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    )


def windows_program() -> bytes:
    return b"MZ" + b"\0" * 58 + struct.pack("<L", 64) + b"PE\0\0" + struct.pack("<2H", 0x8664, 1) + b"\0" * 240


def mac_program() -> bytes:
    return struct.pack("<8L", 0xFEEDFACF, 0x01000007, 3, 2, 0, 0, 0, 0) + b"\0" * 64


def zip_archive() -> bytes:
    return samples.zipped({"letter.txt": samples.WORDS.encode(), "notes/more.txt": b"more"})


def java_archive() -> bytes:
    return samples.zipped(
        {"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\n", "Main.class": b"\xca\xfe\xba\xbe\0\0\0\x41"}
    )


def tar_archive() -> bytes:
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as archive:
        member = tarfile.TarInfo("letter.txt")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"words"))
    return into.getvalue()


def packed(how: str) -> bytes:
    words = samples.WORDS.encode()
    return {"gz": gzip.compress(words), "bz2": bz2.compress(words), "xz": lzma.compress(words)}[how]


def zip_with_a_million_parts() -> bytes:
    """Only its directory's record says so; whoever believes it and reads on is caught."""
    parts, name = 70_000, b"a"
    local = struct.pack("<4s5H3L2H", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 1, 0) + name
    entry = struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, 20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0) + name
    size, offset = len(entry) * parts, len(local)
    larger = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 1_000_000, 1_000_000, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, offset + size, 1)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return local + entry * parts + larger + locator + end


def script_in_a_gif() -> bytes:
    """A browser that took it for a script would read its size as the beginning of a comment."""
    drawn = samples.picture("GIF")
    return drawn[:6] + b"/*" + drawn[8:] + b"*/=1;document.title='read'"


def picture_with(comment: bytes) -> bytes:
    """A JPEG that carries these bytes as its comment, far from both ends."""
    drawn = samples.picture("JPEG", (900, 900), quality=95)
    filler = b"\xff\xfe" + struct.pack(">H", 60_002) + b"." * 60_000
    held = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return drawn[:2] + filler * 2 + held + filler * 2 + drawn[2:]


def macros_in(document: bytes) -> bytes:
    return samples.with_parts(document, {"word/vbaProject.bin": samples.compound("VBA")})


def named_macro_document() -> bytes:
    plain = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with_macros = b"application/vnd.ms-word.document.macroEnabled.main+xml"
    return samples.with_parts(samples.docx(), {}, (plain, with_macros))


def template() -> bytes:
    return samples.with_parts(samples.docx(), {}, (b"document.main+xml", b"template.main+xml"))


def pdf_behind(before: bytes) -> bytes:
    return before + samples.pdf()


def pdf_that_launches() -> bytes:
    return samples.pdf(objects=(b"<< /Type /Action /S /Launch /Win << /F (cmd.exe) /P (/c calc) >> >>",))


def pdf_with_attached_program() -> bytes:
    return samples.pdf(objects=(b"<< /Type /Filespec /F (invoice.exe) /UF (invoice.exe) /EF << /F 4 0 R >> >>",))


def pdf_that_attacks() -> bytes:
    return samples.pdf(objects=(b"<< /S /JavaScript /JS (Collab.getIcon\\(a\\); Collab.getIcon(b);) >>",))
