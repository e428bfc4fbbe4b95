"""The one practice that this house belongs to."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, LargeBinary, SmallInteger, func, true
from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.database import Record

THE_ONLY_ONE = 1
UNNAMED = "Our practice"


class Practice(Record):
    __tablename__ = "practice"
    __table_args__ = (CheckConstraint(f"id = {THE_ONLY_ONE}", name="only_one"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False, default=THE_ONLY_ONE)
    name: Mapped[str] = mapped_column(default=UNNAMED)
    language: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    recipient: Mapped[str | None] = mapped_column(default=None)
    thanks_visitors: Mapped[bool] = mapped_column(default=True, server_default=true())
    primary_colour: Mapped[str] = mapped_column(default="#1f4b43")
    accent_colour: Mapped[str] = mapped_column(default="#b3541e")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, deferred=True)
    logo_type: Mapped[str | None] = mapped_column(default=None)
    privacy_url: Mapped[str | None] = mapped_column(default=None)
    imprint_url: Mapped[str | None] = mapped_column(default=None)
    terms_url: Mapped[str | None] = mapped_column(default=None)
    # How many bytes of documents it means to keep.
    storage_quota: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # As it was when it was last measured, and the percentage of the quota that administrators were last told of.
    storage_used: Mapped[int | None] = mapped_column(BigInteger, default=None)
    storage_told: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())

    @property
    def version(self) -> str:
        """What somebody saw, to be told from what is there by the time they change it."""
        return self.changed_at.astimezone(UTC).isoformat()

    @property
    def is_set_up(self) -> bool:
        """Somebody has been here: a house nobody named and that tells nobody of messages is as it was delivered."""
        return self.name != UNNAMED or self.recipient is not None

    @property
    def fullness(self) -> int | None:
        """How much of the quota was used when it was last measured, in percent."""
        if self.storage_quota is None or self.storage_used is None:
            return None
        return self.storage_used * 100 // self.storage_quota
