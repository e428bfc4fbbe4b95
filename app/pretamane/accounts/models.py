"""People who work here, how they are known again, and what speaks for them."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, DateTime, Enum, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.actors import Actor, Role
from pretamane.core.database import Record
from pretamane.core.ids import new_id

USER_AGENT_LENGTH = 200

_AS_WORDS = Enum(
    Role,
    native_enum=False,
    length=10,
    create_constraint=True,
    name="role",
    values_callable=lambda roles: [role.word for role in roles],
)


class Account(Record):
    """Somebody who may sign in, once a password is set and until it is deactivated. Accounts are never removed."""

    __tablename__ = "accounts"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    role: Mapped[Role] = mapped_column(_AS_WORDS)
    password_hash: Mapped[str | None]
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    deactivated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column()

    # Bumped with each change. Whoever changes an account holds its row's lock, so nobody is told of a stale one.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  # SQLAlchemy's own way to say it

    @property
    def is_active(self) -> bool:
        return self.deactivated_at is None

    @property
    def is_invited(self) -> bool:
        """Asked to come, not here yet."""
        return self.password_hash is None

    def as_actor(self) -> Actor:
        return Actor(self.id, self.name, self.role)


class SignedInSession(Record):
    """One browser of one person. It carries no role: that is asked anew with each request."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)
    user_agent: Mapped[str] = mapped_column(String(USER_AGENT_LENGTH))


class Purpose(StrEnum):
    """What a one-time link lets its bearer do."""

    FIRST_ADMIN = "first-admin"
    INVITATION = "invitation"
    RESET = "reset"
    RESCUE = "rescue"
    NEW_EMAIL = "new-email"


class Link(Record):
    """A one-time link. A newer one for the same account and purpose takes the older one's place."""

    __tablename__ = "links"
    __table_args__ = (
        UniqueConstraint("purpose", "account_id", postgresql_nulls_not_distinct=True),
        CheckConstraint("(purpose = 'first-admin') = (account_id IS NULL)", name="only_the_first_has_no_account"),
        CheckConstraint("(purpose = 'new-email') = (new_email IS NOT NULL)", name="names_what_it_confirms"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    purpose: Mapped[str]
    account_id: Mapped[UUID | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    new_email: Mapped[str | None]
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), index=True)


class Key(Record):
    """An API key, which speaks for the account that made it, within its scopes."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)
    secret_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String))
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_used_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
