"""Counting visits."""

from datetime import date

from prometheus_client import Counter
from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from pretamane.core.database import after_commit
from pretamane.insights.models import PageVisits

VISITS = Counter("page_visits_total", "Visits to the website's pages, known bots left out.")

# A website has this many pages or somebody is inventing them: then they are counted together.
PAGES_A_DAY = 500
OTHER_PAGES = "(other)"


def count_visit(session: Session, page: str, day: date) -> None:
    visit = insert(PageVisits).values(day=day, page=_counted_as(session, page, day), visits=1)
    one_more = {"visits": PageVisits.visits + 1}
    session.execute(visit.on_conflict_do_update(index_elements=[PageVisits.day, PageVisits.page], set_=one_more))
    after_commit(session, VISITS.inc)


def _counted_as(session: Session, page: str, day: date) -> str:
    known = exists().where(PageVisits.day == day, PageVisits.page == page)
    pages = select(func.count()).where(PageVisits.day == day).scalar_subquery()
    is_known, how_many = session.execute(select(known, pages)).one()
    return page if is_known or how_many < PAGES_A_DAY else OTHER_PAGES
