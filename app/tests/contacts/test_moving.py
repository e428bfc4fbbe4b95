"""Contacts that come from another house, where this one has gone on meanwhile."""

from uuid import UUID

import pytest
from sqlalchemy import text

from pretamane.contacts import erasing, moving

THERE, HERE, LATER = (UUID(int=number) for number in (1, 2, 3))


def row(identity, merged_into=None):
    at = "2024-05-06T07:08:09.123456Z"
    return {
        **{"id": str(identity), "email": f"{identity.int}@example.org", "name": "Ada", "tags": [], "known_as": ""},
        **{"phone": None, "company": None, "merged_into": merged_into and str(merged_into)},
        **{"made_at": at, "changed_at": at},
    }


@pytest.fixture
def bring(platform):
    """As an import does: whoever stands for somebody else here is remembered for the rows that follow."""

    def brought(*rows):
        renamed: dict[UUID, UUID] = {}
        for each in rows:
            found, _ = platform.work.run_now(moving.bring_contact, each, renamed)
            renamed[UUID(each["id"])] = found
        return renamed

    return brought


def test_who_was_merged_there_into_somebody_who_was_merged_here_points_to_the_one_that_is_left(
    bring, platform, connection
):
    bring(row(HERE), row(THERE, merged_into=HERE))

    renamed = bring(row(THERE), row(LATER, merged_into=THERE))
    survivors = connection.execute(text("SELECT merged_into FROM contacts WHERE id = :id"), {"id": LATER}).all()
    platform.work.run_now(
        lambda session: erasing.erase(session, erasing.hold(session, HERE), whose_documents_stay=False)
    )

    assert renamed[THERE] == HERE
    assert survivors == [(HERE,)]
    assert connection.execute(text("SELECT id FROM contacts")).all() == []
