import re
from types import SimpleNamespace

import jinja2
import pytest

from pretamane.web.assets import asset_address
from pretamane.web.render import page

PRACTICE = SimpleNamespace(
    name="Adeyemi & Brandt",
    primary_colour="#6b2d5c",
    accent_colour=None,
    privacy_url="https://adeyemi.example/privacy",
)


def problem(**changes):
    shown = {"title": "Not now", "sentence": "Please try again.", "request_id": "0192-abc"}
    return page("problem.html", **{"status": 503, "faults": {}, "sign_in": None, "start": "/app", **shown, **changes})


def test_a_refusal_shows_its_sentence_its_status_and_the_request_id():
    answer = problem()

    assert answer.status_code == 503
    assert all(part in answer.body.decode() for part in ("Please try again.", "503", "0192-abc", "The practice"))


def test_a_refusal_can_be_shown_when_nothing_is_known_of_the_practice():
    assert "<style" not in problem(practice=None).body.decode()


def test_a_value_that_the_template_needs_and_does_not_get_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        page("problem.html", title="Not now")


def test_an_answer_is_never_kept_and_its_policy_lets_nothing_inline_run():
    headers = problem().headers

    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self' 'nonce-")
    assert "unsafe" not in headers["content-security-policy"]
    assert "script-src 'self';" in headers["content-security-policy"]


def test_headers_of_the_caller_are_added():
    assert problem(headers={"Retry-After": "5"}).headers["retry-after"] == "5"


def test_the_practices_colours_stand_in_a_style_that_the_policy_names_once():
    one, other = problem(practice=PRACTICE), problem(practice=PRACTICE)

    nonces = [re.findall(r'<style nonce="([^"]+)">', answer.body.decode())[0] for answer in (one, other)]
    assert "--primary: #6b2d5c;" in one.body.decode()
    assert f"'nonce-{nonces[0]}'" in one.headers["content-security-policy"]
    assert nonces[0] != nonces[1]


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "</style><script>", "#123456; x: url(//evil.example)"])
def test_a_colour_that_is_none_is_left_out(colour):
    hostile = SimpleNamespace(name="A", primary_colour=colour, accent_colour=colour, privacy_url=None)

    assert "<style" not in problem(practice=hostile).body.decode()


def test_every_page_takes_its_style_from_the_address_of_the_current_content():
    assert f'<link rel="stylesheet" href="{asset_address("pages.css")}">' in problem().body.decode()


def test_what_is_shown_is_escaped():
    text = problem(sentence="<script>alert(1)</script>", request_id='"><b>').body.decode()

    assert "<script" not in text
    assert "<b>" not in text
