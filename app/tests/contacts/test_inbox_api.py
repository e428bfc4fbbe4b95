"""What staff and their programs do with messages."""

from uuid import UUID

import pytest
from sqlalchemy import text
from tests.contacts.conftest import BEA, GUSTAV, STEFAN, VERA, if_match, one_of

from pretamane.accounts import service as accounts
from pretamane.core import events
from pretamane.core.actors import OPERATOR, Role

ADDRESS = "/api/v1/submissions"


def ids(answer):
    return [each["id"] for each in one_of(answer)["items"]]


def change(browser, message, **values):
    return browser.patch(f"{ADDRESS}/{message['id']}", json=values, headers=if_match(message["version"]))


def audited(connection):
    return [row.act for row in connection.execute(text("SELECT act FROM audit_entries ORDER BY id"))]


def test_the_newest_message_comes_first(desk, write, clock):
    first = write("Ada Byron")
    clock.move(60)
    second = write("Bob Stone")

    assert ids(desk.get(ADDRESS)) == [second["id"], first["id"]]


def test_a_list_is_walked_page_by_page_without_gap_or_repetition(desk, write, clock):
    written: list[str] = []
    for number in range(7):
        written.insert(0, write(f"Visitor{number} Some")["id"])
        clock.move(number % 2)  # some arrive at the same moment

    walked: list[str] = []
    cursor = None
    while cursor is not None or not walked:
        page = one_of(desk.get(ADDRESS, params={"limit": 3, **({"cursor": cursor} if cursor else {})}))
        walked += [each["id"] for each in page["items"]]
        cursor = page["next"]

    assert sorted(walked) == sorted(written)
    assert len(walked) == 7


@pytest.mark.parametrize("cursor", ["x", "AAAA", "é" * 32, "f" + "_" * 31, "A" * 31, "%00"])
def test_a_cursor_of_one_s_own_making_is_refused_with_a_sentence(desk, cursor):
    answer = desk.get(ADDRESS, params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-cursor")
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize(
    "search",
    [
        *("Byron", "byr", "ada example", "ADA@EXAMPLE.ORG", "example.org", "greenhouse", "could gree", "020 7946"),
        *("rafters", "tall order", "smith", "nbsp"),
    ],
)
def test_a_search_finds_names_addresses_and_words_and_what_is_still_being_typed(desk, write, search):
    words = "Could you look at the greenhouse? <its rafters> it is a <b>tall order</b> &nbsp; <jane@smith.example>"
    wanted = write("Ada Byron", message=words, phone="+44 020-7946-0000")
    write("Bob Stone", email="bob@elsewhere.net", message="Could you look at my roof?")

    assert ids(desk.get(ADDRESS, params={"q": search})) == [wanted["id"]]


def test_a_search_for_the_reference_that_is_read_out_on_the_phone_finds_the_message(desk, write):
    wanted = write("Ada Byron")
    write("Bob Stone")

    assert ids(desk.get(ADDRESS, params={"q": wanted["reference"].lower()})) == [wanted["id"]]


def test_a_list_is_narrowed_by_status_assignee_and_contact(desk, write):
    mine, other = write("Ada Byron"), write("Bob Stone")
    change(desk, mine, status="open", assignee_id=str(STEFAN.account_id))

    assert ids(desk.get(ADDRESS, params={"status": "open"})) == [mine["id"]]
    assert ids(desk.get(ADDRESS, params={"assignee": str(STEFAN.account_id)})) == [mine["id"]]
    assert ids(desk.get(ADDRESS, params={"contact": other["contact_id"]})) == [other["id"]]


def test_only_the_fields_that_were_asked_for_are_given(desk, write):
    message = write()

    [short] = one_of(desk.get(ADDRESS, params={"fields": "id,status"}))["items"]
    [usual] = one_of(desk.get(ADDRESS))["items"]

    assert short == {"id": message["id"], "status": "new"}
    assert "message" not in usual
    assert usual["excerpt"] == "Could you call me?"


def test_a_field_that_there_is_not_is_refused_and_told(desk):
    answer = desk.get(ADDRESS, params={"fields": "id,password"})

    assert answer.status_code == 422
    assert "reference" in answer.json()["errors"]["fields"]


def test_a_change_names_the_version_that_was_seen(desk, write):
    message = write()

    unnamed = desk.patch(f"{ADDRESS}/{message['id']}", json={"status": "open"})
    starred = desk.patch(f"{ADDRESS}/{message['id']}", json={"status": "open"}, headers={"If-Match": "*"})
    changed = change(desk, message, status="open")

    assert [unnamed.status_code, starred.status_code, changed.status_code] == [428, 428, 200]
    assert changed.headers["ETag"] == f'"{message["version"] + 1}"'
    assert one_of(desk.get(f"{ADDRESS}/{message['id']}"))["status"] == "open"


@pytest.mark.parametrize("tag", ['"99"', 'W/"1"', '"one"', "1"])
def test_another_version_than_the_one_that_is_there_changes_nothing(desk, write, tag):
    message = write()

    answer = desk.patch(f"{ADDRESS}/{message['id']}", json={"status": "done"}, headers={"If-Match": tag})

    assert (answer.status_code, answer.json()["code"]) == (412, "changed-meanwhile")
    assert one_of(desk.get(f"{ADDRESS}/{message['id']}"))["status"] == "new"


def test_what_was_left_out_of_a_change_stays(desk, write):
    message = one_of(change(desk, write(), status="open", assignee_id=str(BEA.account_id)))

    changed = one_of(change(desk, message, status="done"))

    assert (changed["status"], changed["assignee_id"]) == ("done", str(BEA.account_id))


@pytest.mark.parametrize("stranger", [str(UUID(int=404)), str(GUSTAV.account_id), str(VERA.account_id)])
def test_a_message_is_given_to_nobody_who_is_not_here(desk, write, stranger):
    message = write()

    answer = change(desk, message, assignee_id=stranger)

    assert answer.status_code == 422
    assert answer.json()["errors"] == {"assignee_id": "Nobody who is here and can do the work has this id."}
    assert one_of(desk.get(f"{ADDRESS}/{message['id']}"))["assignee_id"] is None


def test_what_an_account_does_is_audited_without_anybody_s_words(desk, write, connection):
    message = one_of(change(desk, write("Ada Byron"), status="open"))
    desk.post(f"{ADDRESS}/{message['id']}/notes", json={"text": "She sounded worried"})
    desk.post(f"{ADDRESS}/{message['id']}/answers", json={"text": "Of course!"}, headers=if_match(message["version"]))

    rows = connection.execute(
        text("SELECT account_id, act, subject, details::text FROM audit_entries ORDER BY id")
    ).all()

    assert [row.act for row in rows] == ["submission.changed", "submission.noted", "submission.answered"]
    assert {row.account_id for row in rows} == {STEFAN.account_id}
    assert {str(row.subject) for row in rows} == {message["id"]}
    assert not any(word in row.details for row in rows for word in ("Ada", "worried", "course"))


def test_a_viewer_reads_and_changes_nothing(onlooker, write):
    message = write()

    assert ids(onlooker.get(ADDRESS)) == [message["id"]]
    assert change(onlooker, message, status="done").status_code == 403
    assert onlooker.post(f"{ADDRESS}/{message['id']}/notes", json={"text": "Hm"}).status_code == 403


def test_several_are_marked_at_once_and_those_somebody_else_changed_are_left(desk, bea, write):
    stays, goes = write("Ada Byron"), write("Bob Stone")
    change(bea, stays, status="open")

    seen = [{"id": each["id"], "version": each["version"]} for each in (stays, goes)]
    outcome = one_of(desk.patch(ADDRESS, json={"submissions": seen, "status": "done"}))

    assert outcome["changed"] == [{"id": goes["id"], "version": goes["version"] + 1}]
    assert outcome["changed_meanwhile"] == [stays["id"]]
    assert ids(desk.get(ADDRESS, params={"status": "done"})) == [goes["id"]]


def as_spam(browser, message, **more):
    seen = [{"id": message["id"], "version": message["version"]}]
    return one_of(browser.patch(ADDRESS, json={"submissions": seen, "status": "spam", **more}))


def test_what_a_blocked_sender_sends_is_kept_as_spam(desk, write):
    as_spam(desk, write("Eve Dropper"), block_senders=True)

    later = write("Eve Dropper", email="EVE@example.org", message="Me again")

    assert (later["status"], later["spam_reason"]) == ("spam", "the sender is blocked")
    assert write("Ada Byron")["status"] == "new"


def test_spam_alone_blocks_nobody(desk, write):
    as_spam(desk, write("Eve Dropper"))

    assert write("Eve Dropper")["status"] == "new"


def test_what_turns_out_to_be_no_spam_has_a_contact_and_a_sender_who_is_not_blocked(desk, write):
    as_spam(desk, write("Eve Dropper"), block_senders=True)
    mistaken = write("Eve Dropper", message="I am a client!")

    welcome = one_of(change(desk, mistaken, status="open"))

    assert (welcome["spam_reason"], welcome["status"]) == (None, "open")
    assert one_of(desk.get(f"/api/v1/contacts/{welcome['contact_id']}"))["email"] == "eve@example.org"
    assert write("Eve Dropper", message="Hello again")["status"] == "new"


def test_a_note_is_seen_by_all_staff_with_its_author(desk, bea, write):
    message = write()

    noted = desk.post(f"{ADDRESS}/{message['id']}/notes", json={"text": "Called, nobody there.\nTry at five."})

    [seen] = one_of(bea.get(f"{ADDRESS}/{message['id']}"))["notes"]
    assert noted.status_code == 201
    assert (seen["author_name"], seen["text"]) == ("Stefan", "Called, nobody there.\nTry at five.")


def test_an_answer_leaves_by_mail_and_says_when_it_left(desk, write, do_jobs, settings, clock):
    message = write("Ada Byron", subject="A question")

    desk.post(
        f"{ADDRESS}/{message['id']}/answers", json={"text": "Yes, at five."}, headers=if_match(message["version"])
    )
    on_its_way = one_of(desk.get(f"{ADDRESS}/{message['id']}"))
    clock.move(5)
    do_jobs()

    mails = [file.read_text() for file in (settings.data_dir / "mail").glob("*.eml")]
    [mail] = [each for each in mails if "Yes, at five." in each]
    assert "To: ada@example.org" in mail
    assert f"Re: A question ({message['reference']})" in mail
    assert [note["sent_at"] for note in on_its_way["notes"]] == [None]
    assert on_its_way["status"] == "open"
    [note] = one_of(desk.get(f"{ADDRESS}/{message['id']}"))["notes"]
    assert (note["kind"], note["sent_at"] is not None) == ("answer", True)


def test_of_two_who_answer_at_once_the_second_is_told_of_the_first(desk, bea, write, connection):
    message = write()
    seen = if_match(message["version"])

    first = desk.post(f"{ADDRESS}/{message['id']}/answers", json={"text": "Yes", "done": True}, headers=seen)
    second = bea.post(f"{ADDRESS}/{message['id']}/answers", json={"text": "No"}, headers=seen)

    assert (first.status_code, second.status_code) == (201, 412)
    assert connection.scalar(text("SELECT count(*) FROM jobs WHERE name = 'contacts.send-answer'")) == 1
    assert one_of(desk.get(f"{ADDRESS}/{message['id']}"))["status"] == "done"


def test_spam_is_not_answered(desk, write):
    message = write("Eve Dropper", leave_empty="x")

    answer = desk.post(
        f"{ADDRESS}/{message['id']}/answers", json={"text": "Hello"}, headers=if_match(message["version"])
    )

    assert answer.status_code == 409


@pytest.mark.parametrize("successor", [BEA.account_id, None])
def test_unfinished_messages_of_somebody_who_leaves_are_the_successor_s(desk, write, platform, successor):
    unfinished = one_of(change(desk, write("Ada Byron"), assignee_id=str(STEFAN.account_id)))
    finished = one_of(change(desk, write("Bob Stone"), assignee_id=str(STEFAN.account_id), status="done"))

    who = {"successor": str(successor) if successor else None}
    platform.work.run_now(events.emit, "account.deactivated", STEFAN.account_id, **who)

    now_with = {each["id"]: each["assignee_id"] for each in one_of(desk.get(ADDRESS))["items"]}
    assert now_with[unfinished["id"]] == (str(successor) if successor else None)
    assert now_with[finished["id"]] == str(STEFAN.account_id)
    assert change(desk, unfinished, status="open").status_code == 412


def test_unfinished_messages_of_somebody_who_only_reads_from_now_on_are_nobody_s_again(desk, write, platform):
    unfinished = one_of(change(desk, write("Ada Byron"), assignee_id=str(BEA.account_id)))

    platform.work.run_now(accounts.change_role, BEA.account_id, Role.VIEWER, OPERATOR)

    assert one_of(desk.get(f"{ADDRESS}/{unfinished['id']}"))["assignee_id"] is None


@pytest.mark.parametrize("method", ["get", "patch"])
def test_a_message_that_is_not_there_is_told(desk, method):
    answer = desk.request(method, f"{ADDRESS}/{UUID(int=9)}", json={"status": "open"}, headers=if_match(1))

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
