from pathlib import Path

import pytest
from fastapi import FastAPI

from pretamane.web.site import site

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PAGES = {
    "index.html": "<h1>Start</h1>",
    "thanks.html": "<h1>Thanks</h1>",
    "contact.html": "<h1>Contact</h1>",
    "404.html": "<h1>Nothing here</h1>",
    "robots.txt": "User-agent: *\n",
    "api-address.js": 'export const apiAddress = "";\n',
    "assets/site.0123abcd.css": "body { margin: 0 }",
    ".env": "SECRET=1",
    "notes/index.html": "<h1>Notes</h1>",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "outside.html").write_text("secret", encoding="utf-8")
    for name, text in PAGES.items():
        page = tmp_path / "site" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(text, encoding="utf-8")
    (tmp_path / "site" / "linked.html").symlink_to(tmp_path / "outside.html")
    return tmp_path / "site"


@pytest.fixture
def app(folder: Path) -> FastAPI:
    app = FastAPI()

    @app.post("/contact", status_code=201)
    @app.post("/api/v1/contact", status_code=201)
    def receive() -> dict[str, str]:
        return {"reference": "K7MQ-4XDR"}

    app.router.routes.extend(site(folder))
    return app


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/", "index.html"),
        ("/index.html", "index.html"),
        ("/thanks", "thanks.html"),
        ("/thanks.html", "thanks.html"),
        ("/contact", "contact.html"),
        ("/notes/", "notes/index.html"),
        ("/robots.txt", "robots.txt"),
    ],
)
def test_every_page_answers_under_its_address_and_without_its_ending(ask, app, address, page):
    answer = ask(app, address)

    assert (answer.status_code, answer.text) == (200, PAGES[page])


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/api-address.js", "text/javascript; charset=utf-8"),
        ("/assets/site.0123abcd.css", "text/css; charset=utf-8"),
    ],
)
def test_media_types_do_not_depend_on_the_machine(ask, app, address, kind):
    assert ask(app, address).headers["content-type"] == kind


def test_a_hashed_asset_is_kept_for_ever_and_a_page_is_always_asked_for_again(ask, app):
    asset, page, address = (ask(app, path) for path in ("/assets/site.0123abcd.css", "/", "/api-address.js"))

    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert page.headers["cache-control"] == address.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}', "*"])
def test_an_unchanged_page_is_answered_304_without_a_body(ask, app, form):
    etag = ask(app, "/").headers["etag"]

    again = ask(app, "/", headers={"If-None-Match": form.format(etag)})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)


def test_a_changed_page_is_sent_anew_even_when_its_length_stays(ask, app, folder):
    etag = ask(app, "/").headers["etag"]
    (folder / "index.html").write_text("<h1>Stars</h1>", encoding="utf-8")

    again = ask(app, "/", headers={"If-None-Match": etag})

    assert (again.status_code, again.text) == (200, "<h1>Stars</h1>")


def test_two_copies_of_a_page_have_one_tag_whatever_their_age(ask, app, folder):
    (folder / "copy.html").write_text(PAGES["index.html"], encoding="utf-8")

    assert ask(app, "/copy").headers["etag"] == ask(app, "/").headers["etag"]


def test_head_says_what_get_would_without_the_body(ask, app):
    head, get = ask(app, "/", "HEAD"), ask(app, "/")

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["etag"] == get.headers["etag"]


def test_a_browser_gets_the_404_page_with_status_404(ask, app):
    answer = ask(app, "/no/such/page", headers=BROWSER)

    assert (answer.status_code, answer.text) == (404, PAGES["404.html"])
    assert answer.headers["cache-control"] == "no-cache"


def test_a_program_gets_the_apps_own_404(ask, app):
    answer = ask(app, "/no/such/page", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize("address", ["/api/v1/nothing", "/app/nothing", "/health/nothing", "/api", "/metrics"])
def test_unknown_paths_of_the_app_never_get_the_sites_404_page(ask, app, address):
    answer = ask(app, address, headers=BROWSER)

    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


@pytest.mark.parametrize(
    "address",
    [
        "/../outside.html",
        "/%2e%2e/outside.html",
        "/..%2foutside.html",
        "/notes/../../outside.html",
        "/..%5coutside.html",
        "/linked.html",
        "/linked",
        "/.env",
        "/%2eenv",
        "/notes/.hidden",
        "/index.html%00",
        "//etc/passwd",
        "/" + "a" * 5000,
    ],
)
def test_nothing_hidden_or_outside_the_folder_is_served(ask, app, address):
    assert ask(app, address).status_code == 404


def test_a_folder_is_no_page_without_its_slash(ask, app):
    assert ask(app, "/assets").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_writing_to_a_page_is_405_with_what_is_allowed(ask, app, method):
    answer = ask(app, "/index.html", method)

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_the_apps_own_route_on_a_pages_address_keeps_its_methods(ask, app):
    assert ask(app, "/contact", "POST").status_code == 201
    assert ask(app, "/contact", "PUT").headers["allow"] == "POST"
    assert ask(app, "/api/v1/contact", "PATCH").headers["allow"] == "POST"
    assert ask(app, "/api/v1/contact", "GET").status_code == 405


@pytest.mark.parametrize("address", ["/", "/assets/site.0123abcd.css", "/nothing"])
def test_every_answer_of_the_site_carries_the_protecting_headers(ask, app, address):
    headers = ask(app, address, headers=BROWSER).headers

    policy = dict(rule.split(" ", 1) for rule in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == policy["connect-src"] == policy["frame-ancestors"] == "'self'"
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {word for rule in policy.values() for word in rule.split()}
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
