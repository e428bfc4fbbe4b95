"""Totals that anyone may see."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from pretamane.contacts import queries as contacts
from pretamane.insights.models import PageVisits
from pretamane.insights.schemas import Totals


def totals(session: Session) -> Totals:
    visits = session.execute(select(func.coalesce(func.sum(PageVisits.visits), 0))).scalar_one()
    return Totals(visits=int(visits), messages=contacts.count_messages(session))
