"""The practice: what it may be told about itself, and what of it is public."""

import json

import pytest
from sqlalchemy import Connection, text
from starlette.testclient import TestClient
from tests.conftest import MovableClock

from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Invalid
from pretamane.practice import queries, service
from pretamane.practice.models import Practice
from pretamane.practice.schemas import LOGO_LIMIT, PublicPractice
from pretamane.wiring import Platform

PNG = b"\x89PNG\r\n\x1a\n" + b"a picture"
JPEG = b"\xff\xd8\xff\xe0" + b"a picture"
WEBP = b"RIFF\x10\x00\x00\x00WEBP" + b"a picture"
PUBLIC = {
    "name",
    "language",
    "time_zone",
    "primary_colour",
    "accent_colour",
    "logo_url",
    "privacy_url",
    "imprint_url",
    "terms_url",
}


def change(platform: Platform, **fields: object) -> Practice:
    with platform.database.transaction() as session:
        return service.change(session, OPERATOR, **fields)


def test_what_is_given_is_changed_and_the_rest_stays(platform: Platform, clock: MovableClock) -> None:
    change(platform, name="  Adeyemi   & Sons ", time_zone="Africa/Lagos", recipient="Office@Adeyemi.example")
    clock.move(60)
    change(platform, primary_colour="#AABBCC", language="en-GB", privacy_url="https://adeyemi.example/privacy")

    practice = platform.work.run_now(queries.current)
    assert (practice.name, practice.time_zone, practice.recipient) == (
        "Adeyemi & Sons",
        "Africa/Lagos",
        "office@adeyemi.example",
    )
    assert (practice.primary_colour, practice.language) == ("#aabbcc", "en-GB")
    assert practice.changed_at == clock.now()


def test_visitors_are_thanked_until_the_practice_says_otherwise(platform: Platform) -> None:
    before = platform.work.run_now(queries.current).thanks_visitors

    assert (before, change(platform, thanks_visitors=False).thanks_visitors) == (True, False)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", " ", "A practice's name has 1 to 200 characters."),
        ("name", "x" * 201, "A practice's name has 1 to 200 characters."),
        ("name", "Praxis \udcff", "This holds signs that cannot be shown, or is not UTF-8; please write it anew."),
        ("name", "Praxis \x1b[31m", "This holds signs that cannot be shown, or is not UTF-8; please write it anew."),
        (
            "privacy_url",
            "https://example.org/\udcff",
            "This holds signs that cannot be shown, or is not UTF-8; please write it anew.",
        ),
        (
            "recipient",
            "office\udcff@example.org",
            "That does not look like an e-mail address; write one like name@example.org.",
        ),
        ("language", "English", "“English” is not a language; write one like en or pt-BR."),
        ("time_zone", "Berlin", "“Berlin” is not a time zone; write one like Europe/Berlin."),
        ("time_zone", "../etc/passwd", "“../etc/passwd” is not a time zone; write one like Europe/Berlin."),
        ("recipient", "office", "That does not look like an e-mail address; write one like name@example.org."),
        ("primary_colour", "green", "“green” is not a colour; write one like #1f4b43."),
        ("accent_colour", "#fff", "“#fff” is not a colour; write one like #1f4b43."),
        ("accent_colour", "#ffffff\n", "“#ffffff\n” is not a colour; write one like #1f4b43."),
        (
            "privacy_url",
            "javascript:alert(1)",
            "“javascript:alert(1)” is not a web address; write one like https://example.org/privacy.",
        ),
        ("imprint_url", "/imprint", "“/imprint” is not a web address; write one like https://example.org/privacy."),
        (
            "terms_url",
            "https://[half",
            "“https://[half” is not a web address; write one like https://example.org/privacy.",
        ),
    ],
)
def test_what_cannot_be_taken_gets_its_sentence_and_changes_nothing(
    platform: Platform, field: str, value: str, sentence: str
) -> None:
    before = platform.work.run_now(queries.current)

    with pytest.raises(Invalid) as refusal:
        change(platform, **{"name": "Another", field: value})

    assert refusal.value.fields == {field: sentence}
    assert platform.work.run_now(queries.current).name == before.name


def test_all_that_cannot_be_taken_is_named_at_once(platform: Platform) -> None:
    with pytest.raises(Invalid) as refusal:
        change(platform, time_zone="Berlin", primary_colour="green")

    assert refusal.value.fields.keys() == {"time_zone", "primary_colour"}


def test_only_the_public_part_is_given_out(platform: Platform, client: TestClient) -> None:
    change(platform, name="Adeyemi", recipient="secret.inbox@adeyemi.example", terms_url="https://adeyemi.example/t")

    answer = client.get("/api/v1/practice")

    assert answer.json().keys() == PUBLIC
    assert (answer.json()["name"], answer.json()["terms_url"]) == ("Adeyemi", "https://adeyemi.example/t")
    assert answer.json()["logo_url"] is None
    assert "secret.inbox" not in answer.text + json.dumps(dict(answer.headers))


def test_a_fresh_practice_looks_like_the_plain_one(client: TestClient) -> None:
    assert client.get("/api/v1/practice").json() == PublicPractice.plain().model_dump()


def test_the_practice_may_be_kept_for_a_minute_and_asked_about_by_its_tag(
    platform: Platform, client: TestClient
) -> None:
    first = client.get("/api/v1/practice")
    known = {"If-None-Match": first.headers["etag"]}
    unchanged = client.get("/api/v1/practice", headers=known)
    change(platform, name="Renamed")
    changed = client.get("/api/v1/practice", headers=known)

    assert first.headers["cache-control"] == "public, max-age=60"
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    assert (changed.status_code, changed.json()["name"]) == (200, "Renamed")
    assert changed.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("tags", ["W/{}", '"other", {}', "*"])
def test_a_known_tag_is_recognised_however_it_is_sent(client: TestClient, tags: str) -> None:
    etag = client.get("/api/v1/practice").headers["etag"]

    assert client.get("/api/v1/practice", headers={"If-None-Match": tags.format(etag)}).status_code == 304


@pytest.mark.parametrize(("logo", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (WEBP, "image/webp")])
def test_a_logo_is_served_as_what_it_is(platform: Platform, client: TestClient, logo: bytes, kind: str) -> None:
    change(platform, logo=logo)

    address = client.get("/api/v1/practice").json()["logo_url"]
    answer = client.get(address)
    assert (answer.content, answer.headers["content-type"]) == (logo, kind)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_logo_can_be_taken_away_again(platform: Platform, client: TestClient) -> None:
    change(platform, logo=PNG)
    change(platform, logo="")

    assert client.get("/api/v1/practice").json()["logo_url"] is None
    assert client.get("/api/v1/practice/logo").status_code == 404


def test_no_logo_yet_is_a_404_with_a_sentence(client: TestClient) -> None:
    answer = client.get("/api/v1/practice/logo")

    assert (answer.status_code, answer.json()["detail"]) == (404, "This practice has no logo yet.")


@pytest.mark.parametrize(
    ("logo", "sentence"),
    [
        (b"GIF89a", "The file is of another kind."),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "The file is of another kind."),
        (b"", "The file is of another kind."),
        (PNG + b"x" * LOGO_LIMIT, "The file is too large."),
    ],
    ids=["GIF", "SVG", "nothing", "too large"],
)
def test_a_logo_of_another_kind_or_size_is_refused(
    platform: Platform, connection: Connection, logo: bytes, sentence: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        change(platform, logo=logo)

    assert refusal.value.fields == {"logo": sentence}
    assert connection.execute(text("SELECT logo IS NULL AND logo_type IS NULL FROM practice")).scalar_one()


def test_a_logo_may_be_as_large_as_the_limit(platform: Platform) -> None:
    whole = PNG + b"x" * (LOGO_LIMIT - len(PNG))

    change(platform, logo=whole)

    assert platform.work.run_now(queries.logo) == (whole, "image/png")
