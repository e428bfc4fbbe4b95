"""What may be typed about accounts and keys, and what is told of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from pretamane.accounts.models import Account, Key, SignedInSession
from pretamane.core import texts
from pretamane.core.actors import Actor, Role, Scope
from pretamane.core.texts import Email, OneLine

RoleWord = Literal["viewer", "staff", "admin"]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200), OneLine]


class Typed(BaseModel):
    """What a form or a program sends; what is not known is not taken."""

    model_config = ConfigDict(extra="forbid")


class InvitationIn(Typed):
    email: Email = Field(description="Where the invitation goes, and what the colleague signs in with")
    role: RoleWord = Field(description="viewer reads, staff writes, admin also looks after accounts and the practice")


class AccountChanges(Typed):
    """What to change; what is left out stays."""

    role: RoleWord | None = Field(None, description="Ends the account's sessions")
    is_active: bool | None = Field(None, description="false ends its sessions and keys; true lets it sign in again")
    successor_id: UUID | None = Field(None, description="Who takes over what is assigned to it, when it is deactivated")
    version: int | None = Field(None, description="The version that was seen: refused with 412 if it is another now")


class KeyIn(Typed):
    name: Name = Field(description="What the key is for")
    scopes: frozenset[Scope] = Field(min_length=1, description="What the key may do, within its maker's role")
    days: int | None = Field(365, ge=1, le=3650, description="How long it is valid; null: until it is revoked")


class ProfileIn(Typed):
    name: Name


class EmailIn(Typed):
    email: Email


def as_kept(email: str) -> str:
    """The address in the spelling that accounts have; what is no e-mail address is nobody's."""
    try:
        return EmailIn(email=email).email
    except ValidationError:
        return ""


class FirstAdministratorIn(Typed):
    email: Email
    name: Name


class AccountOut(BaseModel):
    id: UUID
    email: str
    name: str = Field(description="The e-mail address until the invitation is accepted")
    role: RoleWord
    state: Literal["invited", "active", "deactivated"]
    made_at: datetime
    version: int

    @classmethod
    def of(cls, account: Account) -> "AccountOut":
        state: Literal["invited", "active", "deactivated"] = "active"
        if account.is_invited:
            state = "invited"
        if not account.is_active:
            state = "deactivated"
        kept = {name: getattr(account, name) for name in ("id", "email", "name", "made_at", "version")}
        return cls(role=word_of(account.role), state=state, **kept)


class AccountsOut(BaseModel):
    items: list[AccountOut]


class Me(BaseModel):
    """Whom the house takes the asker for."""

    account_id: UUID | None
    name: str
    role: RoleWord
    scopes: list[Scope] | None = Field(description="What the key in use may do; null for a person")

    @classmethod
    def of(cls, actor: Actor) -> "Me":
        scopes = sorted(actor.scopes) if actor.key_id else None
        return cls(account_id=actor.account_id, name=actor.name, role=word_of(actor.role), scopes=scopes)


class SessionOut(BaseModel):
    id: UUID
    made_at: datetime
    seen_at: datetime = Field(description="To the minute")
    ends_at: datetime = Field(description="At the latest; a long silence ends it sooner")
    user_agent: str
    is_this_one: bool

    @classmethod
    def of(cls, opened: SignedInSession, by: Actor) -> "SessionOut":
        kept = {name: getattr(opened, name) for name in cls.model_fields if name != "is_this_one"}
        return cls(is_this_one=opened.id == by.session_id, **kept)


class SessionsOut(BaseModel):
    items: list[SessionOut]


class KeyOut(BaseModel):
    id: UUID
    name: str
    prefix: str = Field(description="How the key's text begins, after pmk_")
    scopes: list[Scope]
    made_at: datetime
    ends_at: datetime | None
    last_used_at: datetime | None = Field(description="To the minute")
    revoked_at: datetime | None

    @classmethod
    def of(cls, key: Key) -> "KeyOut":
        return cls.model_validate({name: getattr(key, name) for name in KeyOut.model_fields})


class KeysOut(BaseModel):
    items: list[KeyOut]


def word_of(role: Role) -> RoleWord:
    words: dict[Role, RoleWord] = {Role.VIEWER: "viewer", Role.STAFF: "staff", Role.ADMIN: "admin"}
    return words[role]


def role_of(word: RoleWord) -> Role:
    return Role[word.upper()]


def understand(
    kind: type[texts.Typed], typed: Mapping[str, Any], faults: Mapping[str, str] | None = None
) -> texts.Typed:
    return texts.understand(kind, typed, faults, _sentence)


_EMPTY = {
    "name": "Please write a name.",
    "email": "Please write an e-mail address.",
    "scopes": "Please choose what the key may do.",
    "role": "Please choose a role.",
}


def _sentence(fault: Any) -> str | None:
    field, kind = str(fault["loc"][0]), fault["type"]
    if kind in ("missing", "string_too_short", "too_short", "literal_error") and field in _EMPTY:
        return _EMPTY[field]
    return "Please choose a number of days from 1 to 3650." if field == "days" else None
