"""A contact with its documents."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.contacts.contact_pages import WhatStandsBeside
from pretamane.core.actors import Actor
from pretamane.documents import queries
from pretamane.documents.pages.list_page import ENDINGS, KINDS, LABELS, limit_in_words
from pretamane.documents.queries import Documents

# The list of documents has the others.
SHOWN = 10


def beside_a_contact(upload_limit: int) -> WhatStandsBeside:
    return WhatStandsBeside("desk/contact.html", partial(_documents, limit_in_words(upload_limit)))


def _documents(limit: str, session: Session, contact_id: UUID, by: Actor) -> Mapping[str, Any]:
    page = queries.documents(session, Documents(contact_id), by, limit=SHOWN)
    return {
        "documents": page.items,
        "has_more_documents": page.next is not None,
        "states": LABELS,
        "kinds": KINDS,
        "endings": ENDINGS,
        "limit": limit,
    }
