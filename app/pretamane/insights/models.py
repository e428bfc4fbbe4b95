"""What may be counted about visitors without knowing them."""

import datetime

from sqlalchemy.orm import Mapped, mapped_column

from pretamane.core.database import Record


class PageVisits(Record):
    """How often a page was opened on a day: no cookie, no address, nobody."""

    __tablename__ = "page_visits"

    day: Mapped[datetime.date] = mapped_column(primary_key=True)
    page: Mapped[str] = mapped_column(primary_key=True)
    visits: Mapped[int]
