"""What must hold in the public site's files, whoever serves them."""

import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "config" / "site"
PAGES = sorted(path.name for path in SITE.glob("*.html"))
TEXTS = sorted(
    str(path.relative_to(SITE)) for path in SITE.rglob("*") if path.suffix in {".html", ".css", ".js", ".svg"}
)
LIMITS = {"name": 200, "email": 254, "phone": 40, "company": 200, "subject": 200, "message": 10000}
UNTYPED = {"consent_version", "page"}


class Elements(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, *tags):
        return [attributes for tag, attributes in self.found if tag in tags]


@cache
def elements(page):
    return Elements((SITE / page).read_text(encoding="utf-8"))


def fields_of_the_form():
    return {field["name"]: field for field in elements("contact.html").all("input", "textarea")}


def test_the_site_has_all_its_pages():
    files = {str(path.relative_to(SITE)) for path in SITE.rglob("*")}

    assert {"index.html", "contact.html", "thanks.html", "privacy.html", "404.html"} <= files
    assert {"robots.txt", "favicon.ico", "favicon.svg", "api-address.js"} <= files


@pytest.mark.parametrize("text", TEXTS)
def test_nothing_refers_to_another_origin(text):
    content = (SITE / text).read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")

    assert not re.findall(r"""(?:https?:)?//[a-z0-9-]+\.[a-z]|@import""", content)


@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_inline(page):
    assert all("src" in script for script in elements(page).all("script"))
    assert not elements(page).all("style")
    assert not [
        name
        for _, attributes in elements(page).found
        for name in attributes
        if name == "style" or name.startswith("on")
    ]


@pytest.mark.parametrize("page", PAGES)
def test_every_internal_link_leads_somewhere(page):
    addresses = [urlsplit(of[name]) for _, of in elements(page).found for name in ("href", "src") if name in of]

    assert addresses
    for address in addresses:
        if address.path:
            assert address.path.startswith("/")
            assert (SITE / (address.path.strip("/") or "index.html")).is_file(), address.path
        if address.fragment:
            assert address.fragment in {of.get("id") for _, of in elements(page).found}


def test_every_module_imports_what_exists():
    imports = [
        (module, name)
        for module in SITE.glob("assets/*.js")
        for name in re.findall(r'from "([^"]+)"', module.read_text(encoding="utf-8"))
    ]

    assert imports
    assert not [(module.name, name) for module, name in imports if not (module.parent / name).is_file()]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_names_its_language_its_title_one_heading_level_and_a_way_past_the_tabs(page):
    assert elements(page).all("html")[0]["lang"] == "en-GB"
    assert elements(page).all("title")
    assert elements(page).all("h1")
    assert elements(page).all("a")[0] == {"class": "skip", "href": "#content"}
    assert elements(page).all("main")[0]["id"] == "content"


def test_the_api_address_is_one_line():
    assert (SITE / "api-address.js").read_text(encoding="utf-8") == 'export const apiAddress = "";\n'


def test_the_form_works_without_script():
    form = elements("contact.html").all("form")[0]

    assert (form["method"], form["action"]) == ("post", "/contact")
    assert set(fields_of_the_form()) == {*LIMITS, *UNTYPED, "consent", "leave_empty"}
    assert fields_of_the_form()["consent"]["value"] == "true"


def test_every_field_that_a_person_sees_has_a_label():
    labelled = {label["for"] for label in elements("contact.html").all("label")}

    assert labelled == {field["id"] for name, field in fields_of_the_form().items() if name not in UNTYPED}


@pytest.mark.parametrize(("field", "limit"), LIMITS.items())
def test_no_field_takes_more_than_the_api_does(field, limit):
    assert fields_of_the_form()[field]["maxlength"] == str(limit)


def test_nobody_falls_into_the_trap_for_robots():
    trap = fields_of_the_form()["leave_empty"]

    assert (trap["tabindex"], trap["autocomplete"]) == ("-1", "off")
    assert {"class": "leave", "aria-hidden": "true"} in elements("contact.html").all("div")


def test_site_and_app_ask_for_agreement_to_the_same_text():
    version = fields_of_the_form()["consent_version"]["value"]
    rendered = (ROOT / "app/pretamane/contacts/templates/form.html").read_text(encoding="utf-8")

    assert f'values.get("consent_version") or "{version}"' in rendered


def test_the_result_is_announced():
    assert [of for _, of in elements("contact.html").found if of.get("role") == "alert" and "data-notice" in of]
    assert [of for _, of in elements("contact.html").found if of.get("aria-live") == "polite"]
