"""Administrators are told once when documents come near what they were meant to take."""

import pytest
from sqlalchemy import text
from tests.conftest import make_settings

from pretamane.core.actors import OPERATOR
from pretamane.core.jobs import enqueue
from pretamane.notifications import storage
from pretamane.practice import service as practice

KB = b"a" * 1000

pytestmark = pytest.mark.usefixtures("admin")


@pytest.fixture
def settings(tmp_path):
    """Whose mail stays in files."""
    return make_settings(tmp_path)


@pytest.fixture
def fill(as_staff):
    """Each kilobyte is another one, or they would share their bytes."""
    sent: list[bytes] = []

    def filled(kilobytes):
        for _ in range(kilobytes):
            sent.append(b"%03d" % len(sent) + KB[3:])
            assert as_staff.put("/api/v1/documents?filename=a.txt", content=sent[-1]).status_code == 201

    return filled


@pytest.fixture
def measure(platform, do_jobs):
    def measured():
        platform.work.run_now(enqueue, storage.MEASURE, unique=storage.MEASURE)
        do_jobs()

    return measured


@pytest.fixture
def subjects(settings, do_jobs):
    def of_mails():
        do_jobs()
        mails = sorted((settings.data_dir / "mail").glob("*.eml")) if (settings.data_dir / "mail").exists() else []
        return [next(line for line in mail.read_text().splitlines() if line.startswith("Subject")) for mail in mails]

    return of_mails


def set_quota(platform, kilobytes):
    platform.work.run_now(practice.change, OPERATOR, storage_quota=1_000_000)
    with platform.database.transaction() as session:
        session.execute(text("UPDATE practice SET storage_quota = :bytes"), {"bytes": kilobytes * 1000})


NEARLY, FULL = "Subject: The storage for documents is nearly full", "Subject: The storage for documents is full"


def test_each_administrator_gets_one_mail_when_eighty_percent_are_passed(platform, fill, measure, subjects):
    set_quota(platform, 10)
    fill(7)
    measure()
    before = subjects()

    fill(1)
    measure()
    measure()

    assert (before, subjects()) == ([], [NEARLY])


def test_being_full_is_told_once_more_and_nothing_is_refused(platform, fill, measure, subjects):
    set_quota(platform, 10)
    fill(8)
    measure()
    fill(4)

    measure()

    assert subjects() == [NEARLY, FULL]


def test_a_little_less_and_a_little_more_is_no_news_but_a_new_crossing_is(platform, fill, measure, subjects):
    set_quota(platform, 100)
    fill(81)
    measure()
    set_quota(platform, 104)  # 77 %
    measure()
    set_quota(platform, 100)
    measure()
    once = subjects()

    set_quota(platform, 120)  # 67 %
    measure()
    set_quota(platform, 100)
    measure()

    assert (once, subjects()) == ([NEARLY], [NEARLY, NEARLY])


def test_a_banner_leads_administrators_there_and_nobody_else(platform, fill, measure, as_admin, as_staff):
    set_quota(platform, 10)
    fill(8)
    measure()

    banner = "The storage for documents is nearly full"
    assert banner in as_admin.get("/app/inbox").text
    assert banner not in as_staff.get("/app/inbox").text


def test_without_a_quota_nobody_is_told_anything(fill, measure, subjects, as_admin):
    fill(3)
    measure()

    assert subjects() == []
    assert "storage for documents" not in as_admin.get("/app/inbox").text
