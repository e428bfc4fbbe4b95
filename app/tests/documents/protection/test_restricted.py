"""To whom a restricted document is not readable, it does not exist."""

import pytest
from sqlalchemy import text
from tests.conftest import hire, make_key
from tests.documents.conftest import PDF, PIECE, if_match, put_with
from tests.documents.reading.test_attachments import BILL
from tests.documents.receiving.test_uploads import metadata
from tests.documents.serving.test_files import address_of

from pretamane.core.actors import Role, Scope
from tests import samples


def restrict(client, document, *readers):
    seen = client.get(document).headers["etag"]
    named = {"accounts": [str(reader.id) for reader in readers]}
    return client.put(f"{document}/readers", json=named, headers={"If-Match": seen})


def lift(client, document):
    return client.delete(f"{document}/readers", headers={"If-Match": client.get(document).headers["etag"]})


@pytest.fixture
def letter(put):
    return f"/api/v1/documents/{put(title='Secret').json()['id']}"


@pytest.fixture
def secret(letter, as_staff, staff):
    """Stefan's alone."""
    answer = restrict(as_staff, letter, staff)
    assert (answer.status_code, answer.json()["is_restricted"]) == (200, True), answer.text
    return letter


@pytest.fixture
def sofia(platform):
    return hire(platform, "Sofia", Role.STAFF)


@pytest.fixture
def as_sofia(sign_in, sofia):
    """Of Stefan's role, and not named."""
    return sign_in(sofia)


def titles(client, **wanted):
    return [each["title"] for each in client.get("/api/v1/documents", params=wanted).json()["items"]]


@pytest.mark.usefixtures("secret")
def test_lists_show_it_to_whom_it_names_alone(put, as_staff, as_sofia, as_admin):
    put(PDF + b"other", title="Open")

    assert [titles(each) for each in (as_staff, as_sofia, as_admin)] == [["Open", "Secret"], ["Open"], ["Open"]]


@pytest.mark.usefixtures("secret")
def test_whoever_brings_the_same_bytes_is_told_of_no_other(as_sofia, as_staff, blobs):
    anothers, own = put_with(as_sofia, if_known="ask"), put_with(as_staff)

    assert (anothers.status_code, anothers.json()["duplicate_of"]) == (201, None)
    assert own.json()["duplicate_of"]["title"] == "Secret"
    assert len(blobs()) == 1


def test_an_address_of_its_bytes_ends_when_its_asker_may_not_read_it_any_more(letter, as_sofia, as_staff, staff):
    hers, his = (address_of(each, f"{letter}/file") for each in (as_sofia, as_staff))
    restrict(as_staff, letter, staff)

    assert (as_sofia.get(hers).status_code, as_staff.get(his).status_code) == (404, 200)


def test_whom_it_names_later_finds_it_and_whom_it_names_no_more_does_not(secret, as_staff, as_sofia, staff, sofia):
    restrict(as_staff, secret, staff, sofia)
    both = titles(as_sofia), [each["name"] for each in as_sofia.get(f"{secret}/readers").json()["items"]]
    restrict(as_sofia, secret, sofia)

    assert both == (["Secret"], ["Sofia", "Stefan"])
    assert (titles(as_sofia), titles(as_staff)) == (["Secret"], [])


def test_lifted_it_is_everybodys_again(secret, as_staff, as_viewer):
    answer = lift(as_staff, secret)

    assert (answer.status_code, titles(as_viewer)) == (204, ["Secret"])
    assert as_viewer.get(f"{secret}/readers").json() == {"is_restricted": False, "items": []}


def test_nobody_restricts_against_what_they_have_not_seen(letter, as_staff, staff):
    answer = as_staff.put(f"{letter}/readers", json={"accounts": [str(staff.id)]}, headers=if_match(7))

    assert (answer.status_code, as_staff.get(letter).json()["is_restricted"]) == (412, False)


def test_only_accounts_that_are_here_are_named(letter, as_staff, as_admin, sofia):
    left = as_admin.patch(f"/api/v1/accounts/{sofia.id}", json={"is_active": False})
    assert left.status_code == 200, left.text

    answer = restrict(as_staff, letter, sofia)

    assert (answer.status_code, as_staff.get(letter).json()["is_restricted"]) == (422, False)


def test_an_administrator_whom_it_does_not_name_names_themself_and_the_audit_says_so(
    secret, as_admin, admin, connection
):
    before = as_admin.get(secret).status_code
    answer = as_admin.post(f"{secret}/readers/self")

    assert (before, answer.status_code, titles(as_admin)) == (404, 204, ["Secret"])
    said = "SELECT account_id FROM audit_entries WHERE act = 'document.administrator-let-in' AND subject = :id"
    assert connection.scalars(text(said), {"id": secret[-36:]}).all() == [admin.id]


def test_of_what_is_open_nobody_names_themself(letter, as_admin):
    answer, of_none = (as_admin.post(f"{each}/readers/self") for each in (letter, letter[:-4] + "0000"))

    assert (answer.status_code, answer.json()["detail"]) == (404, of_none.json()["detail"])


def in_a_form(client):
    return client.post("/api/v1/documents", files={"file": ("a.pdf", PDF)}, data={"restricted": "true"})


def in_parts(client):
    headers = {**PIECE, "Upload-Length": str(len(PDF)), **metadata(filename="a.pdf", restricted="true")}
    return client.post("/api/v1/uploads", headers=headers, content=PDF)


WAYS = {"at once": lambda client: put_with(client, restricted=True), "in a form": in_a_form, "in parts": in_parts}


@pytest.mark.parametrize("way", WAYS)
def test_brought_as_restricted_it_is_whoevers_brought_it_alone(as_staff, as_sofia, way):
    answer = WAYS[way](as_staff)

    assert answer.status_code == 201, answer.text
    assert (len(titles(as_staff)), titles(as_sofia)) == (1, [])


def test_a_key_brings_it_for_its_account(platform, client, staff, as_staff, as_sofia):
    _, key = make_key(platform, staff, Scope.DOCUMENTS_WRITE)
    client.headers["Authorization"] = f"Bearer {key}"

    assert put_with(client, restricted=True).status_code == 201
    assert (len(titles(as_staff)), titles(as_sofia)) == (1, [])


def test_what_is_attached_to_a_restricted_mail_is_restricted_likewise(put, do_jobs, as_staff, as_sofia):
    put(samples.eml(BILL), "mail.eml", restricted=True)
    do_jobs()

    assert (len(titles(as_staff)), titles(as_sofia)) == (2, [])


def test_what_is_attached_goes_with_its_mail_when_that_is_restricted_or_opened(send, as_staff, as_sofia, staff):
    mail = send(samples.eml(("inner.eml", "application/octet-stream", samples.eml(BILL))), "outer.eml")
    address = f"/api/v1/documents/{mail['id']}"
    restrict(as_staff, address, staff)
    restricted = len(titles(as_staff)), titles(as_sofia)
    lift(as_staff, address)

    assert (restricted, len(titles(as_sofia))) == ((3, []), 3)


def test_what_was_attached_and_is_others_alone_stays_theirs(send, as_staff, as_sofia, staff, sofia, connection):
    mail = send(samples.eml(BILL), "mail.eml")
    part = connection.scalar(text("SELECT id FROM documents WHERE part_of = :id"), {"id": mail["id"]})
    restrict(as_sofia, f"/api/v1/documents/{part}", sofia)

    restrict(as_staff, f"/api/v1/documents/{mail['id']}", staff)
    lift(as_staff, f"/api/v1/documents/{mail['id']}")

    assert (len(titles(as_staff)), len(titles(as_sofia))) == (1, 2)


def test_whose_mail_it_is_part_of_is_told_to_nobody_who_may_not_know_of_the_mail(send, as_staff, as_sofia, connection):
    mail = send(samples.eml(BILL), "mail.eml", title="The mail")
    everyone = text("UPDATE documents SET is_restricted = (part_of IS NULL)")
    connection.execute(everyone)
    part = connection.scalar(text("SELECT id FROM documents WHERE part_of = :id"), {"id": mail["id"]})

    pages = [each.get(f"/app/documents/{part}", params={"known": mail["id"]}) for each in (as_sofia, as_staff)]

    assert [(page.status_code, "The mail" in page.text) for page in pages] == [(200, False)] * 2


def test_a_merge_of_contacts_leaves_it_restricted(put, as_staff, as_sofia, client, connection):
    for name in ("ada", "bea"):
        asked = {"name": name, "email": f"{name}@example.org", "message": "Hello."}
        assert client.post("/api/v1/contact", json=asked).status_code == 201
    ada, bea = connection.scalars(text("SELECT id FROM contacts ORDER BY name")).all()
    put(title="Secret", contact_id=bea, restricted=True)
    tags = {who: as_sofia.get(f"/api/v1/contacts/{who}").headers["etag"].strip('"') for who in (ada, bea)}
    merging = {"other": str(bea), "version": tags[ada], "other_version": tags[bea]}
    assert as_sofia.post(f"/app/contacts/{ada}/merge", data=merging, follow_redirects=False).status_code == 303

    assert (titles(as_staff, contact_id=ada), titles(as_sofia, contact_id=ada)) == (["Secret"], [])
    assert "Secret" not in as_sofia.get(f"/app/contacts/{ada}").text
    assert "Secret" in as_staff.get(f"/app/contacts/{ada}").text
