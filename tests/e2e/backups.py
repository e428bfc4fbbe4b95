"""A backup as it might be too, made of one that is good; but for what is said, its hashes are right."""

import hashlib
import io
import tarfile
from pathlib import Path

Files = dict[str, bytes]
SUMS = "./SHA256SUMS"


def read(backup: Path) -> Files:
    with tarfile.open(backup) as archive:
        opened = {entry.name: archive.extractfile(entry) for entry in archive if entry.isfile()}
        return {name: content.read() for name, content in opened.items() if content}


def write(backup: Path, called: str, files: Files) -> Path:
    made = backup.with_name(f"{called}.tar.gz")
    with tarfile.open(made, "w:gz", compresslevel=1) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return made


def sealed(files: Files) -> Files:
    sums = (f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items() if name != SUMS)
    return files | {SUMS: "".join(sums).encode()}


def key_of(backup: Path, sha256: str) -> str:
    lines = read(backup)["./blobs.list"].decode().splitlines()
    return next(line.split()[0] for line in lines if line.split()[1] == sha256)


def with_one_byte_changed(backup: Path, key: str) -> Path:
    files = read(backup)
    good = files[f"./blobs/{key}"]
    return write(backup, "damaged", files | {f"./blobs/{key}": good[:-1] + bytes([good[-1] ^ 1])})


def with_half_a_dump(backup: Path) -> Path:
    files = read(backup)
    dump = files["./database.dump"]
    return write(backup, "half", sealed(files | {"./database.dump": dump[: len(dump) // 2]}))


def of_version(backup: Path, version: str) -> Path:
    return write(backup, "newer", sealed(read(backup) | {"./about.txt": f"version {version}\n".encode()}))


def purged_meanwhile(backup: Path, key: str) -> Path:
    files = read(backup)
    del files[f"./blobs/{key}"]
    return write(backup, "purged", sealed(files | {"./purged.list": f"{key}\n".encode()}))
