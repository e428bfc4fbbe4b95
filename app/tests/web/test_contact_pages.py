from html.parser import HTMLParser
from types import SimpleNamespace

import pytest

from pretamane.web.render import page

PRACTICE = SimpleNamespace(name="Adeyemi", primary_colour=None, accent_colour=None, privacy_url=None)
FIELDS = ("name", "email", "phone", "company", "subject", "message")
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><b>",
    "{{ 7*7 }}",
    "' onfocus='x",
]


class Form(HTMLParser):
    """What a browser would find in the page: every element, and what each field holds."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.held, self.inside = [], {}, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag in ("input", "textarea"):
            self.held[attributes["name"]] = attributes.get("value", "") or ""
            self.inside = attributes["name"] if tag == "textarea" else self.inside

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.held[self.inside] = self.held[self.inside].removeprefix("\n")
            self.inside = None

    def handle_data(self, data):
        if self.inside:
            self.held[self.inside] += data

    def named(self, name):
        return next(attributes for _, attributes in self.elements if attributes.get("name") == name)


def form(**changes):
    shown = {"practice": PRACTICE, "values": {}, "errors": {}, "problem": None, "request_id": "0192-abc"}
    answer = page("contacts/form.html", **{**shown, "idempotency_key": "key-1", "action": "/contact", **changes})
    return bytes(answer.body).decode()


@pytest.mark.parametrize("value", [*HOSTILE, "\n two breaks and  spaces \n\n", "ß 漢字 &amp; &lt;"])
@pytest.mark.parametrize("field", FIELDS)
def test_whatever_was_typed_is_still_there_and_is_only_text(field, value):
    shown = Form(form(values={field: value}))

    assert shown.held[field] == value
    assert {tag for tag, _ in shown.elements}.isdisjoint({"script", "img", "b"})
    assert not [name for _, attributes in shown.elements for name in attributes if name.startswith("on")]


@pytest.mark.parametrize("value", HOSTILE)
def test_reasons_problem_id_and_key_are_only_text(value):
    shown = Form(form(errors={"name": value}, problem=value, request_id=value, idempotency_key=value))

    assert shown.held["idempotency_key"] == value
    assert {tag for tag, _ in shown.elements}.isdisjoint({"script", "img", "b"})


def test_the_form_posts_to_its_action_and_repeats_key_page_and_version():
    shown = Form(form(values={"page": "/contact.html", "consent_version": "2020-01"}))

    assert ("form", {"class": "form", "method": "post", "action": "/contact"}) in shown.elements
    assert (shown.held["idempotency_key"], shown.held["page"]) == ("key-1", "/contact.html")
    assert shown.held["consent_version"] == "2020-01"


@pytest.mark.parametrize(("given", "ticked"), [(True, True), ("true", True), ("on", True), (None, False), ("", False)])
def test_agreement_stays_as_it_was_given(given, ticked):
    assert ("checked" in Form(form(values={"consent": given})).named("consent")) is ticked


def test_each_reason_stands_beside_its_field_and_is_tied_to_it():
    text = form(errors={"email": "Please give an e-mail address.", "page": "Unknown page."})

    assert Form(text).named("email")["aria-describedby"] == "email-error"
    assert "aria-invalid" not in Form(text).named("name")
    assert '<p class="error" id="email-error">Please give an e-mail address.</p>' in text
    assert "Unknown page." in text


def test_a_failure_says_that_nothing_was_saved_and_gives_the_id():
    text = form(problem="The database is away.")

    assert "Your message was not saved" in text
    assert "The database is away." in text
    assert "0192-abc" in text


def test_every_field_has_a_label():
    shown = Form(form())

    labelled = {attributes["for"] for tag, attributes in shown.elements if tag == "label"}
    visible = {
        attributes["name"]
        for tag, attributes in shown.elements
        if tag in ("input", "textarea") and attributes.get("type") != "hidden"
    }
    assert visible == labelled == {*FIELDS, "consent", "leave_empty"}


def test_thanks_shows_the_reference_sign_by_sign_and_the_way_home():
    answer = page("contacts/thanks.html", practice=PRACTICE, reference="K7MQ-4XDR", home_url="https://adeyemi.example/")
    text = bytes(answer.body).decode()

    assert "K 7 M Q dash 4 X D R" in text
    assert "<span>K</span><span>7</span>" in text
    assert 'href="https://adeyemi.example/"' in text
