"""Who acts, and what each may do: an account that signed in, or a key that speaks for one."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from uuid import UUID

from pretamane.core.errors import Forbidden


class Role(IntEnum):
    """Each may all that the ones before it may."""

    VIEWER = 1
    STAFF = 2
    ADMIN = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class Scope(StrEnum):
    """What a key is for. A key never may more than the account that made it."""

    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    DOCUMENTS_READ = "documents:read"
    DOCUMENTS_WRITE = "documents:write"
    ADMIN = "admin"


@dataclass(frozen=True)
class Actor:
    account_id: UUID | None
    name: str
    role: Role
    session_id: UUID | None = None
    key_id: UUID | None = None
    scopes: frozenset[Scope] = frozenset()

    def needs(self, role: Role, scope: Scope | None) -> None:
        """Refuse unless this actor has the role and, being a key, the scope; no scope means: not for keys."""
        if self.key_id is not None and (scope is None or scope not in self.scopes):
            wanted = f"This key lacks the scope {scope}." if scope else "A key cannot do this; sign in instead."
            raise Forbidden(wanted)
        if self.role < role:
            raise Forbidden(f"This needs the role {role.word}; yours is {self.role.word}.")


OPERATOR = Actor(account_id=None, name="the operator, by command", role=Role.ADMIN)
