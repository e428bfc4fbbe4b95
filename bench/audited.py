"""A server with one edit twice, with its audit entry and without; told to seal, what the worker does each second."""

import socket
import sys
import time
from pathlib import Path
from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session

from pretamane import wiring
from pretamane.contacts.models import Contact
from pretamane.core import audit, events
from pretamane.core.actors import Actor, Role
from pretamane.core.database import now
from pretamane.core.errors import AppError
from pretamane.core.http.application import compose
from pretamane.core.http.body_limits import BodyLimits
from pretamane.core.http.cors import Cors
from pretamane.core.http.edge import Edge
from pretamane.core.http.peers import Peers
from pretamane.core.http.server import serve_until_told
from pretamane.core.unit_of_work import Transaction, Work
from pretamane.practice import queries as practice
from pretamane.settings import current
from pretamane.wiring.work import ticks

CONTACTS = 100
STAFF = Actor(account_id=uuid4(), name="Ada Byron", role=Role.STAFF, session_id=uuid4())
router = APIRouter()


class Edit(BaseModel):
    number: int
    name: str
    phone: str


def edited(session: Session, edit: Edit) -> Contact:
    """What every edit does: read the row under a lock, change it, tell who listens."""
    contact = session.get_one(Contact, UUID(int=edit.number % CONTACTS), with_for_update=True)
    contact.name, contact.phone = edit.name, edit.phone
    events.emit(session, "contact.changed", contact, fields=["name", "phone"])
    return contact


def who_asks(work: Work) -> Actor:
    """In the place of finding the session that a cookie names: one short transaction, one row by its key."""
    work.run_now(practice.current)
    return STAFF


Asking = Annotated[Actor, Depends(who_asks)]


@router.get("/ready")
def ready() -> None:
    """Furnished, and serving."""


@router.post("/edit")
def edit(_by: Asking, session: Transaction, edit: Edit) -> dict[str, str]:
    return {"name": edited(session, edit).name}


@router.post("/audited-edit")
def audited_edit(by: Asking, session: Transaction, edit: Edit) -> dict[str, str]:
    contact = edited(session, edit)
    audit.record(session, by, "contact.changed", contact.id, fields=["name", "phone"])
    return {"name": contact.name}


def furnish(session: Session) -> None:
    for number in range(CONTACTS):
        who = {"id": UUID(int=number), "email": f"client-{number}@example.org", "name": "A client", "phone": ""}
        session.merge(Contact(**who, made_at=now(session)))


def as_nothing(_request: Request, refusal: AppError) -> Response:
    return Response(status_code=refusal.status)


def app(platform: wiring.Platform) -> Edge:
    inner = compose([router], [], as_nothing)
    inner.state.work = platform.work
    return Edge(inner, cors=Cors(set()), peers=Peers((), None), clock=platform.clock, body_limits=BodyLimits(1_000_000))


def main() -> None:
    way, folder = sys.argv[1], Path(sys.argv[2])
    with wiring.database_for(current({"data_dir": str(folder)}).settings) as settings:
        platform = wiring.Platform.build(settings)
        if way == "seal":
            while True:
                for tick in ticks(platform):
                    platform.work.run_now(tick.verb)
                    time.sleep(tick.every_seconds)
        platform.work.run_now(furnish)
        serve_until_told(app(platform), [socket.socket(fileno=int(sys.argv[3]))], drain=lambda: None, drain_seconds=0)


if __name__ == "__main__":
    main()
