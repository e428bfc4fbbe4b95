"""What an operator asks first, on a page and by the API."""

import platform as machine
from pathlib import Path

import pytest
from sqlalchemy import text

from pretamane import __version__
from pretamane.core.actors import Actor, Role, Scope
from pretamane.core.ids import new_id
from pretamane.core.jobs import enqueue
from pretamane.core.migrations import newest
from pretamane.system import inventory

ADDRESS = "/api/v1/admin/system-info"


@pytest.fixture
def data_dir(settings):
    return settings.data_dir


def test_versions_are_those_that_run(browser, connection):
    info = browser.get(ADDRESS).json()["versions"]

    assert info == {
        "pretamane": __version__,
        "python": machine.python_version(),
        "postgresql": connection.execute(text("SHOW server_version")).scalar_one(),
        "tables": newest(),
        "tables_wanted": newest(),
    }


def test_each_dependency_tells_how_long_it_took(browser):
    health = browser.get(ADDRESS).json()["health"]

    assert health["status"] == "ok"
    assert [set(each) for each in health["dependencies"]] == [{"name", "state", "milliseconds"}]


def test_the_data_folder_is_counted_with_all_below_it_and_links_are_not_followed(browser, data_dir, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "large").write_bytes(b"x" * 50_000)
    (data_dir / "below").mkdir()
    (data_dir / "below" / "file").write_bytes(b"x" * 3000)
    (data_dir / "file").write_bytes(b"x" * 500)
    (data_dir / "link").symlink_to(elsewhere)

    folder = browser.get(ADDRESS).json()["storage"]["data_folder"]

    assert 3500 <= folder["bytes"] < 5000
    assert folder["is_complete"] is True
    assert folder["free_bytes"] > 0


def test_a_folder_too_large_to_count_in_time_is_told_as_at_least(browser, data_dir, clock, monkeypatch):
    for number in range(20):
        (data_dir / str(number)).write_bytes(b"x" * 100)
    counting = inventory._size

    def slowly(file):
        clock.move(0.3)
        return counting(file)

    monkeypatch.setattr(inventory, "_size", slowly)
    folder = browser.get(ADDRESS).json()["storage"]["data_folder"]

    assert folder["is_complete"] is False
    assert 0 < folder["bytes"] < 2000
    assert "at least" in browser.get("/app/settings/system").text


def test_a_folder_that_is_closed_to_us_is_told_as_at_least(browser, data_dir, monkeypatch):
    (data_dir / "closed").mkdir()
    (data_dir / "file").write_bytes(b"x" * 500)
    listing = Path.iterdir

    def refused(folder):  # no folder is closed to root, as whom tests may run
        if folder.name == "closed":
            raise PermissionError
        return listing(folder)

    monkeypatch.setattr(Path, "iterdir", refused)
    folder = browser.get(ADDRESS).json()["storage"]["data_folder"]

    assert (folder["bytes"] >= 500, folder["is_complete"]) == (True, False)


def test_the_queue_tells_how_many_wait_and_since_when(browser, platform, clock):
    platform.work.run_now(enqueue, "mail.send")
    clock.move(90)
    platform.work.run_now(enqueue, "mail.send")

    queue = browser.get(ADDRESS).json()["queue"]

    assert queue == {"due": 2, "running": 0, "delayed": 0, "dead": 0, "oldest_due_seconds": 90.0}


@pytest.mark.parametrize(
    ("role", "scopes", "status"),
    [
        (Role.ADMIN, {Scope.ADMIN}, 200),
        (Role.STAFF, {Scope.ADMIN}, 403),
        (Role.ADMIN, {Scope.CONTACTS_READ}, 403),
        (Role.ADMIN, None, 200),
        (Role.STAFF, None, 403),
    ],
)
def test_it_is_for_administrators_and_their_keys_with_that_scope(open_as, role, scopes, status):
    key_id = None if scopes is None else new_id()
    asker = Actor(None, "somebody", role, key_id=key_id, scopes=frozenset(scopes or ()))

    assert open_as(asker).get(ADDRESS).status_code == status


def test_the_page_shows_the_same(browser, connection):
    page = browser.get("/app/settings/system").text

    assert connection.execute(text("SHOW server_version")).scalar_one() in page
    assert "all well" in page
    assert "answers, after" in page
