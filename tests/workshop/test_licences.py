"""Everything that `make run` installs comes under a licence that Apache-2.0 work may stand on."""

import re
from importlib import metadata
from pathlib import Path

import pytest

LOCK = Path(__file__).parents[2] / "app" / "requirements.lock"

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "MIT",
    "MIT-0",
    "MIT-CMU",
    "MPL-2.0",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Unlicense",
    "LGPL-3.0-or-later WITH exceptions",  # psycopg2: a library, unchanged, which its user can replace
}

# What projects wrote before SPDX expressions were a rule, and what they mean by it.
MEANT = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    # pypdfium2: PDFium is built of FreeType, libtiff, OpenJPEG and the like, each under a licence of this kind.
    "BSD-3-Clause, Apache-2.0, dependency licenses": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "LGPL with exceptions": "LGPL-3.0-or-later WITH exceptions",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


def locked() -> list[str]:
    """The packages of the lock that this interpreter's platform installs."""
    names = sorted(set(re.findall(r"^([\w.-]+)==", LOCK.read_text(), flags=re.MULTILINE)))
    installed = {distribution.name.lower().replace("_", "-") for distribution in metadata.distributions()}
    return [name for name in names if name in installed]


def licences_of(metadata_: metadata.PackageMetadata) -> set[str]:
    if expression := metadata_["License-Expression"]:
        return {part.strip(" ()") for part in re.split(r"\bAND\b", expression)}
    classified = [line.rsplit(" :: ")[-1] for line in metadata_.get_all("Classifier", []) if "License ::" in line]
    # The classifier for the LGPL leaves psycopg2's exceptions out, its own field names them.
    told = [metadata_["License"] or ""] if not classified or "LGPL" in "".join(classified) else classified
    return {MEANT.get(line.strip(), line.strip()) for line in told}


def is_allowed(licence: str) -> bool:
    """Of alternatives one is enough."""
    return any(choice.strip(" ()") in ALLOWED for choice in licence.split(" OR "))


@pytest.mark.parametrize("name", locked())
def test_a_package_that_runs_with_us_has_a_licence_that_we_may_use(name):
    licences = licences_of(metadata.metadata(name))

    assert licences
    assert all(map(is_allowed, licences)), f"{name} is under {', '.join(licences)}"


@pytest.mark.parametrize(
    "licence", ["GPL-3.0-only", "AGPL-3.0-or-later", "UNKNOWN", "", "SSPL-1.0", "MIT-but-not-quite"]
)
def test_another_licence_is_not_taken(licence):
    assert not is_allowed(licence)


def test_every_package_of_the_lock_is_looked_at():
    elsewhere = {"colorama"}  # for Windows, where we do not run
    names = set(re.findall(r"^([\w.-]+)==", LOCK.read_text(), flags=re.MULTILINE))

    assert names - set(locked()) <= elsewhere
