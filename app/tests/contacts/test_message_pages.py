"""The page of one message, as a browser without script meets it."""

import re

import pytest
from sqlalchemy import text
from tests.contacts.browsing import follow, page, status_of, undo_in, version_in
from tests.contacts.conftest import BEA, STEFAN, if_match, one_of


def test_a_message_shows_its_words_sender_and_history(desk, write):
    earlier = write("Ada Byron", subject="The first")
    message = write("Ada Byron", subject="The second", message="Two\nlines", company="Engines")

    shown = page(desk.get(f"/app/inbox/{message['id']}"))

    for expected in ("The second", "Two\nlines", "Engines", "ada@example.org", message["reference"], "The first"):
        assert expected in shown
    assert f"/app/inbox/{earlier['id']}" in shown


def test_a_message_is_assigned_on_its_page(desk, write):
    message = write()

    after = follow(
        desk,
        desk.post(
            f"/app/inbox/{message['id']}",
            data={"version": message["version"], "status": "open", "assignee_id": str(BEA.account_id)},
        ),
    )

    assert "One message was assigned and marked as open." in after
    assert one_of(desk.get(f"/api/v1/submissions/{message['id']}"))["assignee_id"] == str(BEA.account_id)
    assert "Bea" in page(desk.get("/app/inbox?status=open"))


def test_assigning_alone_is_told_as_nothing_else(desk, write, connection):
    message = write()
    same = {"version": message["version"], "status": "new", "assignee_id": str(BEA.account_id)}

    after = follow(desk, desk.post(f"/app/inbox/{message['id']}", data=same))

    assert "One message was assigned." in after
    [details] = connection.execute(text("SELECT details FROM audit_entries")).scalars()
    assert details == {"assignee_id": str(BEA.account_id), "blocked": False, "unblocked": False}
    [told] = connection.execute(text("SELECT details FROM events WHERE name = 'submissions.changed'")).scalars()
    assert told["to"] == {"assignee_id": str(BEA.account_id)}


@pytest.mark.parametrize(
    "gone",
    [
        "UPDATE accounts SET role = 'viewer' WHERE id = :bea",
        "UPDATE accounts SET deactivated_at = now() WHERE id = :bea",
    ],
)
def test_a_status_is_saved_and_undone_while_the_message_is_with_somebody_who_can_do_no_work_any_more(
    desk, write, connection, gone
):
    message = write()
    assigned = {"status": "open", "assignee_id": str(BEA.account_id)}
    address = f"/api/v1/submissions/{message['id']}"
    one_of(desk.patch(address, json=assigned, headers=if_match(message["version"])))
    connection.execute(text(gone), {"bea": BEA.account_id})
    shown = page(desk.get(f"/app/inbox/{message['id']}"))
    chosen = re.findall(r'<option value="([^"]*)" selected>', shown)

    sent = {"version": message["version"] + 1, "status": "done", "assignee_id": chosen[-1]}
    saved = follow(desk, desk.post(f"/app/inbox/{message['id']}", data=sent))
    was = one_of(desk.get(address))
    _, action, fields = undo_in(saved)
    undone = follow(desk, desk.post(action, data=fields))

    assert chosen == ["open", str(BEA.account_id)]
    assert "One message was marked as done." in saved
    assert (was["status"], was["assignee_id"]) == ("done", str(BEA.account_id))
    assert "That was undone." in undone
    assert status_of(desk, message) == "open"


def test_an_assignment_is_undone_to_somebody_who_can_do_no_work_any_more(desk, write, connection):
    message = write()
    address = f"/api/v1/submissions/{message['id']}"
    one_of(desk.patch(address, json={"assignee_id": str(BEA.account_id)}, headers=if_match(message["version"])))
    connection.execute(text("UPDATE accounts SET role = 'viewer' WHERE id = :bea"), {"bea": BEA.account_id})
    sent = {"version": message["version"] + 1, "status": "new", "assignee_id": str(STEFAN.account_id)}
    _, action, fields = undo_in(follow(desk, desk.post(f"/app/inbox/{message['id']}", data=sent)))

    undone = follow(desk, desk.post(action, data=fields))

    assert "That was undone." in undone
    assert one_of(desk.get(address))["assignee_id"] == str(BEA.account_id)


def test_a_clash_shows_what_is_there_and_keeps_what_was_chosen(desk, bea, write):
    message = write()
    bea.patch(f"/api/v1/submissions/{message['id']}", json={"status": "done"}, headers=if_match(message["version"]))

    stale = {"version": message["version"], "status": "open", "assignee_id": str(STEFAN.account_id)}
    clash = desk.post(f"/app/inbox/{message['id']}", data=stale)

    assert clash.status_code == 412
    assert "Somebody changed this message meanwhile" in clash.text
    assert "<dt>Status</dt><dd>Done</dd>" in clash.text
    assert '<option value="open" selected>' in clash.text
    again = stale | {"version": message["version"] + 1}
    assert desk.post(f"/app/inbox/{message['id']}", data=again).status_code == 303


def test_an_answer_begins_with_a_text_of_the_practice_s_own(desk, write):
    desk.post("/app/answers", data={"title": "Thanks", "text": "Dear {name}, about {reference}: {this} stays."})
    message = write("Ada Byron")
    template = re.search(r'<option value="([0-9a-f-]+)">Thanks', desk.get(f"/app/inbox/{message['id']}").text)
    assert template

    taken = {"template": template[1], "version": 1}
    begun = page(desk.post(f"/app/inbox/{message['id']}/beginnings", data=taken | {"text": "", "note": "Half a no"}))
    added = page(desk.post(f"/app/inbox/{message['id']}/beginnings", data=taken | {"text": "What I typed\n"}))

    text = f"Dear Ada Byron, about {message['reference']}: {{this}} stays.</textarea>"
    assert f">\n{text}" in begun
    assert "Half a no</textarea>" in begun
    assert f"What I typed\n\n{text}" in added


def test_a_draft_outlives_a_note_and_a_change_and_still_hears_of_a_colleague_s_answer(desk, bea, write):
    message = write()
    draft = {"version": message["version"], "text": "Half an answer", "done": "true", "note": "She rang"}
    answered = {"json": {"text": "First"}, "headers": if_match(message["version"])}
    bea.post(f"/api/v1/submissions/{message['id']}/answers", **answered)

    noted = page(desk.post(f"/app/inbox/{message['id']}/notes", data=draft))
    clash = desk.post(f"/app/inbox/{message['id']}/answers", data=draft | {"version": version_in(noted), "note": ""})
    state = {"version": version_in(clash.text), "status": "done", "assignee_id": ""}
    saved = page(desk.post(f"/app/inbox/{message['id']}", data=draft | state))

    assert "She rang</p>" in noted
    assert ("Half an answer</textarea>" in noted, "She rang</textarea>" in noted) == (True, False)
    assert re.search(r'name="done" type="checkbox" value="true" checked', noted)
    assert clash.status_code == 412
    assert "One message was marked as done." in saved
    assert ("Half an answer</textarea>" in saved, "She rang</textarea>" in saved) == (True, True)
    assert version_in(saved) == str(int(version_in(clash.text)) + 1)


def test_a_draft_outlives_an_undo(desk, write):
    message = write()
    draft = {"text": "Half an answer", "done": "true", "note": "Half a note"}
    state = {"version": message["version"], "status": "spam", "assignee_id": ""}
    _, action, fields = undo_in(page(desk.post(f"/app/inbox/{message['id']}", data=draft | state)))

    undone = page(desk.post(action, data=fields | draft))

    sent = desk.post(f"/app/inbox/{message['id']}/answers", data=draft | {"version": version_in(undone), "note": ""})
    assert "That was undone." in undone
    assert ("Half an answer</textarea>" in undone, "Half a note</textarea>" in undone) == (True, True)
    assert re.search(r'name="done" type="checkbox" value="true" checked', undone)
    assert sent.status_code == 303


def test_a_draft_outlives_the_time_as_spam(desk, write):
    message = write()
    state = {"version": message["version"], "status": "spam", "assignee_id": "", "text": "Half an answer"}

    marked = page(desk.post(f"/app/inbox/{message['id']}", data=state))
    waiting = re.search(r'<textarea name="text" hidden>\n(.*?)</textarea>', marked, re.DOTALL)
    back = state | {"version": version_in(marked), "status": "open", "text": waiting and waiting[1]}
    opened = page(desk.post(f"/app/inbox/{message['id']}", data=back))

    assert "What you began to write waits until then." in marked
    assert re.search(r'<textarea id="answer"[^>]*>\nHalf an answer</textarea>', opened)


def test_a_draft_whose_undo_came_too_late_still_hears_of_a_colleague_s_answer(desk, bea, write):
    message = write()
    state = {"version": message["version"], "status": "open", "assignee_id": "", "text": "Half an answer"}
    saved = page(desk.post(f"/app/inbox/{message['id']}", data=state))
    _, action, fields = undo_in(saved)
    answered = {"json": {"text": "First"}, "headers": if_match(version_in(saved))}
    assert bea.post(f"/api/v1/submissions/{message['id']}/answers", **answered).status_code == 201

    kept = page(desk.post(action, data=fields | {"text": "Half an answer"}))
    clash = desk.post(f"/app/inbox/{message['id']}/answers", data={"text": "Mine", "version": version_in(kept)})

    assert "That could not be undone any more" in kept
    assert "Half an answer</textarea>" in kept
    assert clash.status_code == 412


def test_a_note_that_is_being_written_outlives_an_answer(desk, write):
    message = write()
    both = {"version": message["version"], "text": "Yes", "note": "Half a note"}

    answered = page(desk.post(f"/app/inbox/{message['id']}/answers", data=both))

    assert "Yes</p>" in answered
    assert ("Yes</textarea>" in answered, "Half a note</textarea>" in answered) == (False, True)


def test_an_answer_that_came_second_is_kept_in_its_form(desk, bea, write):
    message = write()
    bea.post(
        f"/api/v1/submissions/{message['id']}/answers", json={"text": "First"}, headers=if_match(message["version"])
    )

    clash = desk.post(
        f"/app/inbox/{message['id']}/answers", data={"version": message["version"], "text": "My long answer"}
    )

    assert clash.status_code == 412
    assert "My long answer</textarea>" in clash.text
    assert "First" in clash.text


def test_an_empty_note_is_refused_beside_its_field(desk, write):
    answer = desk.post(f"/app/inbox/{write()['id']}/notes", data={"note": "  "})

    assert answer.status_code == 422
    assert "Please write something here." in answer.text
