"""What a page offers to take back: what it was, and for how long."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy.orm import Session

from pretamane.core.actors import Actor
from pretamane.core.database import now
from pretamane.core.errors import Conflict, NotFound
from pretamane.core.undo import seconds_left
from pretamane.documents.filing import undoing
from pretamane.documents.models import FormerValues

TOLD: Final = {
    "none-chosen": "Choose at least one document first.",
    "no-contact_id": "Nobody is known by that e-mail address or reference. Nothing was changed.",
    "no-document_date": "That is no day. Nothing was changed.",
    "no-type_id": "There is no such type any more. Nothing was changed.",
    "no-tags": "Write at least one tag first. Nothing was changed.",
    "no-add_tags": "A tag has at most 60 characters. Nothing was changed.",
    "no-remove_tags": "A tag has at most 60 characters. Nothing was changed.",
    "held": "Some are on hold, and stay out of the trash.",
    "too-many-tags": "Some would have more than 50 tags, and stay as they are.",
    "gone": "Some are not there any more.",
    "meanwhile": "Some were changed by somebody else meanwhile, and were left as they are.",
    "undone": "That was undone.",
    "not-undone": "That could not be undone any more: it was too long ago, or was changed again.",
}


def offer(session: Session, act: UUID | None, by: Actor) -> dict[str, Any] | None:
    if act is None:
        return None
    try:
        former = undoing.undoable(session, act, by)
    except (NotFound, Conflict):
        return None
    left = seconds_left(former[0].made_at, now(session))
    return {"address": f"/app/documents/undo/{act}", "sentence": _sentence(former), "seconds": left}


def _sentence(former: Sequence[FormerValues]) -> str:
    what = "The document was" if len(former) == 1 else f"{len(former)} documents were"
    if all("trashed_at" in each.before for each in former):
        return f"{what} {'taken out of' if former[0].before['trashed_at'] else 'put into'} the trash."
    return f"{what} changed."
