"""What to compare with: FastAPI, one INSERT, one commit, nothing else."""

import socket
import sys
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from pretamane.core.http.server import serve_until_told

engine = create_engine(sys.argv[1], pool_size=10, max_overflow=0)
app = FastAPI()


class Message(BaseModel):
    name: str
    email: str
    subject: str
    message: str


def session() -> Session:
    return Session(engine)


@app.post("/messages", status_code=201)
def keep(message: Message, session: Annotated[Session, Depends(session)]) -> dict[str, int]:
    with session:
        sql = "INSERT INTO bare_messages (name, email, subject, message) VALUES (:name, :email, :subject, :message)"
        number = session.execute(text(sql + " RETURNING id"), message.model_dump()).scalar_one()
        session.commit()
    return {"id": number}


def main() -> None:
    with engine.begin() as connection:
        columns = "id bigserial PRIMARY KEY, name text, email text, subject text, message text"
        connection.execute(text(f"CREATE TABLE IF NOT EXISTS bare_messages ({columns})"))
    serve_until_told(app, [socket.socket(fileno=int(sys.argv[2]))], drain=lambda: None, drain_seconds=0)


if __name__ == "__main__":
    main()
