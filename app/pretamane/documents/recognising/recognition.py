"""Which files are taken: what a file is by its content, whether its name agrees, and what must be known of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pretamane.core.errors import AppError, Unavailable
from pretamane.documents.names import display_name
from pretamane.documents.recognising import (
    compound,
    foreign,
    images,
    kinds,
    office,
    pdfs,
    polyglots,
    refusing,
    screening,
    texts,
)
from pretamane.documents.recognising.found import Found, Mark, marked
from pretamane.documents.recognising.glance import Glance, glance_at
from pretamane.documents.recognising.kinds import Kind, extension_of
from pretamane.documents.recognising.plain import is_plain, is_text_throughout
from pretamane.documents.recognising.refusing import Foreign
from pretamane.documents.recognising.unknown import what_it_may_be
from pretamane.ports import Scanner

Macros = Literal["refuse", "take"]


@dataclass(frozen=True)
class Quarantine:
    """Why a file is kept and not served until an administrator has decided, or until it was scanned after all."""

    reason: str
    is_to_be_scanned_again: bool = False


@dataclass(frozen=True)
class Recognised:
    """A file that is kept: taken when it has no quarantine."""

    kind: Kind
    marks: frozenset[Mark] = frozenset()
    quarantine: Quarantine | None = None


def recognise(file: Path, name: str, *, macros: Macros = "refuse", scanner: Scanner | None = None) -> Recognised:
    """Raises UnsupportedMedia or Invalid for what is not taken, with a sentence for its sender."""
    with glance_at(file) as glance:
        if glance.size == 0:
            raise refusing.empty()
        if screening.is_test_virus(glance.head):
            return Recognised(kinds.TXT, quarantine=Quarantine(screening.TEST_VIRUS))
        extension = extension_of(display_name(name))
        found = _found(glance, extension)
        if second := polyglots.refusal(glance, found):
            raise second
        kind = _agreed(found, extension)
        if macros == "refuse" and (found.has_macros or extension in office.MACRO_EXTENSIONS):
            raise refusing.with_macros(kind.called, kind)
    return Recognised(kind, found.marks, _quarantine(file, kind, scanner))


def _found(glance: Glance, extension: str) -> Found:
    """By its content, whatever it is named; the name is asked only where contents are alike."""
    what = _document(glance, extension) or foreign.by_content(glance.head) or _pdf(glance) or _text(glance, extension)
    if what is None:
        raise _stranger(glance, extension)
    if isinstance(what, Foreign):
        raise what.refusal()
    return what


def _document(glance: Glance, extension: str) -> Found | Foreign | None:
    head = glance.head
    if head.startswith(b"PK\3\4"):
        return office.of_zip(glance, extension)
    if head.startswith(compound.MAGIC):
        return office.of_compound(glance)
    if head.startswith(texts.RTF_MAGIC):
        return marked(kinds.RTF, whole=texts.rtf_is_whole(glance))
    return images.of_picture(glance)


def _pdf(glance: Glance) -> Found | None:
    """A text that speaks of PDFs does not end like one."""
    begins = pdfs.begins_at(glance.head)
    if begins is None:
        return None
    is_only_text = is_plain(glance.head) and b"startxref" not in glance.tail
    is_one = pdfs.is_harmless_before(glance.head[:begins]) or not is_only_text
    return pdfs.of_pdf(glance, begins) if is_one else None


def _text(glance: Glance, extension: str) -> Found | Foreign | None:
    if texts.is_mail(glance.head):
        return Found((kinds.EML, *kinds.PLAIN) if is_text_throughout(glance.windows()) else (kinds.EML,))
    if not is_plain(glance.head):
        return None
    if foreigner := texts.what_it_begins_like(glance.head):
        return foreigner
    if not is_text_throughout(glance.windows()):
        return None
    if kinds.BY_EXTENSION.get(extension) is kinds.EML:
        raise refusing.not_what_it_is_named(kinds.EML, extension, "it does not begin with who wrote it and when")
    return Found(kinds.PLAIN)


def _stranger(glance: Glance, extension: str) -> AppError:
    what, named = what_it_may_be(glance.head), kinds.BY_EXTENSION.get(extension)
    if what is not foreign.UNKNOWN or named is None:
        return what.refusal()
    why = "it holds more than text" if named in kinds.PLAIN else "its content is no such thing"
    return refusing.not_what_it_is_named(named, extension, why)


def _agreed(found: Found, extension: str) -> Kind:
    """The kind that content and name agree on. A name without a known ending says nothing, so the content decides."""
    named = kinds.BY_EXTENSION.get(extension) or office.MACRO_EXTENSIONS.get(extension)
    if named is not None and named in found.kinds:
        return named
    if named is not None:
        raise refusing.misnamed(extension, named.called, found.called, found.kinds[0].extension)
    if extension in foreign.BY_EXTENSION:
        raise _named_like_a_stranger(found, extension)
    if found.kinds == kinds.OOXML:
        raise foreign.LOCKED_OFFICE.refusal()
    return found.kinds[0]


def _named_like_a_stranger(found: Found, extension: str) -> AppError:
    """Scripts and pages are texts, so there the name says what it is."""
    like = foreign.BY_EXTENSION[extension]
    if found.kinds == kinds.PLAIN and like in foreign.TEXTS:
        return like.refusal()
    return refusing.misnamed(extension, like.called, found.called, found.kinds[0].extension)


def _quarantine(file: Path, kind: Kind, scanner: Scanner | None) -> Quarantine | None:
    if reason := screening.what_a_rule_says(file, kind):
        return Quarantine(reason)
    return scanned(file, scanner) if scanner else None


def scanned(file: Path, scanner: Scanner) -> Quarantine | None:
    """Also for those that could not be scanned before. A scanner that is away costs time, never a document."""
    try:
        name = scanner.scan(file)
    except Unavailable as away:
        return Quarantine(f"This file is not scanned for viruses yet: {away.sentence}", is_to_be_scanned_again=True)
    return Quarantine(f"The virus scanner found “{name}” in this file.") if name else None
