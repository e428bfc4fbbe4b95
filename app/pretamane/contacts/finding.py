"""Which contact somebody means by a word: an address, a message's reference, or a name."""

import re
import unicodedata
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pretamane.contacts.models import Contact, Submission
from pretamane.core import audit, events
from pretamane.core.actors import Actor
from pretamane.core.addresses import normalised_email
from pretamane.core.database import now
from pretamane.core.ids import new_id

# No mail ever goes to such an address (RFC 2606); a contact has one all the same, until somebody knows the true one.
NO_ADDRESS = "imported.invalid"
_NAMES = UUID("6e3a8a3e-93a1-5f2b-a5cf-2f3f1a9b9f41")
LONGEST_NAME = 200


class SeveralMeant(Exception):
    """More than one contact is called so."""


def find(session: Session, word: str) -> UUID | None:
    """SeveralMeant where nobody can tell which; whoever was merged stands for their survivor."""
    standing = func.coalesce(Contact.merged_into, Contact.id)
    try:
        asked = select(standing).where(Contact.email == normalised_email(word))
    except ValueError:
        asked = select(standing).where(Contact.id == _sender(session, word))
    if (found := session.scalar(asked)) is not None:
        return found
    namesakes = session.scalars(select(standing).where(Contact.name == _composed(word)).distinct().limit(2)).all()
    if len(namesakes) > 1:
        raise SeveralMeant
    return namesakes[0] if namesakes else made_before(session, word)


def _sender(session: Session, reference: str) -> UUID | None:
    return session.scalar(select(Submission.contact_id).where(Submission.reference == reference.upper()))


def make(session: Session, word: str, by: Actor) -> UUID:
    """Found again by the same word, so that nobody is made twice."""
    name, at = _composed(word), now(session)
    contact = Contact(id=new_id(), email=_address(name), name=name, made_at=at, changed_at=at)
    session.add(contact)
    session.flush()
    audit.record(session, by, "contact.made", contact.id)
    events.emit(session, "contact.made", contact)
    return contact.id


def made_before(session: Session, word: str) -> UUID | None:
    """Whom `make` has made of this word."""
    standing = func.coalesce(Contact.merged_into, Contact.id)
    return session.scalar(select(standing).where(Contact.email == _address(_composed(word))))


def _composed(word: str) -> str:
    return " ".join(unicodedata.normalize("NFC", word).split())[:LONGEST_NAME]


def _address(name: str) -> str:
    try:
        return normalised_email(name)
    except ValueError:
        letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        plain = re.sub(r"[^a-z0-9]+", ".", letters).strip(".")[:40].strip(".")
        return f"{plain or 'contact'}-{uuid5(_NAMES, name).hex[:8]}@{NO_ADDRESS}"
