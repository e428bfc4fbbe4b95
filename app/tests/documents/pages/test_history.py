"""A document's versions on its page, as a browser without script meets them."""

import re

import pytest
from tests.documents.bad_samples import TEST_VIRUS
from tests.documents.conftest import PDF, if_match
from tests.documents.pages.test_document import act, follow, page, send, version_in
from tests.documents.receiving.test_versions import OTHER


@pytest.fixture
def letter(as_staff):
    address: str = send(as_staff, PDF, "letter.pdf").headers["location"].partition("?")[0]
    return address


def bring(browser, address, content=OTHER, filename="letter 2.pdf", seen=None):
    version = version_in(browser.get(address).text) if seen is None else seen
    files = {"file": (filename, content)}
    return browser.post(f"{address}/versions", data={"version": version}, files=files, follow_redirects=False)


def versions_on(html):
    """Each with its words; the newest first."""
    listed = html.partition('<ol class="list versions"')[2].partition("</ol>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", each).split()) for each in listed.split("<li>")[1:]]


def bytes_of(browser, address):
    return browser.get(address.replace("/app", "/api/v1") + "/file", follow_redirects=True).content


def test_a_new_version_comes_by_the_form_and_both_are_listed(as_staff, letter):
    shown = follow(as_staff, bring(as_staff, letter))

    newest, first = versions_on(shown)
    assert "The new version is kept, and counts from now on." in shown
    assert newest.startswith("Version 2 Current letter 2.pdf · 39 bytes")
    assert first.startswith("Version 1 letter.pdf")
    assert "Go back to version 1" in first
    assert bytes_of(as_staff, letter) == OTHER


def test_the_way_back_needs_no_confirmation_and_offers_the_way_forward_again(as_staff, letter):
    bring(as_staff, letter)
    back = follow(as_staff, act(as_staff, letter, "versions/1/current"))
    after_back = bytes_of(as_staff, letter)
    forward = follow(as_staff, act(as_staff, letter, "versions/2/current"))

    assert "Go forward again to version 2" in back
    assert "Version 1 counts, though there is a newer one." in back
    assert (after_back, bytes_of(as_staff, letter)) == (PDF, OTHER)
    assert "Go forward again" not in forward


def test_the_same_file_again_changes_nothing_and_says_so(as_staff, letter):
    shown = follow(as_staff, bring(as_staff, letter, PDF))

    assert "The document has these very bytes already, so nothing was changed." in shown
    assert len(versions_on(shown)) == 1


def test_who_looked_at_an_older_state_overwrites_nothing(as_staff, letter):
    seen = version_in(as_staff.get(letter).text)
    bring(as_staff, letter)

    late = page(bring(as_staff, letter, PDF + b"3", seen=seen), 412)
    lost = page(as_staff.post(f"{letter}/versions/1/current", data={"version": seen}), 412)

    assert "Somebody changed this document meanwhile" in late
    assert "Somebody changed this document meanwhile" in lost
    assert len(versions_on(late)) == 2


def test_a_file_that_is_not_taken_is_refused_on_the_documents_page(as_staff, letter):
    refused = page(bring(as_staff, letter, b"MZ\x90\0" + b"\0" * 60, "setup.exe"), 415)

    assert 'role="alert"' in refused
    assert len(versions_on(refused)) == 1


def test_a_version_in_quarantine_waits_and_an_administrator_lets_it_out(as_staff, as_admin, letter):
    shown = follow(as_staff, bring(as_staff, letter, TEST_VIRUS, "test.txt"))
    path = f"{letter}/release"
    undecided = page(as_admin.post(path, data={"number": "2"}), 422)
    released = follow(as_admin, as_admin.post(path, data={"number": "2", "sure": "true"}, follow_redirects=False))

    assert "The new version is in quarantine. Until it is released, the one before counts." in shown
    assert "Let version 2 out" not in shown
    assert "Let version 2 out of quarantine" in undecided
    assert versions_on(released)[0].startswith("Version 2 Current")


def test_a_viewer_sees_the_versions_and_changes_none(as_staff, as_viewer, letter):
    bring(as_staff, letter)

    shown = page(as_viewer.get(letter))

    assert [words.partition(" · ")[0] for words in versions_on(shown)] == [
        "Version 2 Current letter 2.pdf",
        "Version 1 letter.pdf",
    ]
    assert "Go back" not in shown
    assert 'type="file"' not in shown
    assert as_viewer.post(f"{letter}/versions/1/current", data={"version": "2"}).status_code == 403


def test_in_the_trash_no_version_is_brought_or_fetched(as_staff, letter):
    as_staff.delete(letter.replace("/app", "/api/v1"), headers=if_match(1))

    shown = page(as_staff.get(letter))

    assert len(versions_on(shown)) == 1
    assert 'type="file"' not in shown
    assert "/versions/1/file" not in shown


def test_of_a_document_that_is_not_there_nothing_is_shown(as_staff):
    nobodys = "/app/documents/0199f3a2-7c51-7d4e-9d0c-5a6b1c2d3e4f"

    assert bring(as_staff, nobodys, seen="1").status_code == 404
