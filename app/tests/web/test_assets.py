import pytest
from fastapi import FastAPI

from pretamane.web.assets import STYLE, router, style_address


@pytest.fixture
def app():
    app = FastAPI()
    app.include_router(router)
    return app


def test_the_style_is_kept_for_ever_under_the_address_of_its_content(app, ask):
    answer = ask(app, style_address())

    assert answer.content == STYLE.read_bytes()
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_page_from_before_an_upgrade_still_gets_a_style_but_may_not_keep_it(app, ask):
    answer = ask(app, "/app/static/0000000000000000/pages.css")

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_an_unchanged_style_is_answered_304(app, ask):
    etag = ask(app, style_address()).headers["etag"]

    assert ask(app, style_address(), headers={"If-None-Match": etag}).status_code == 304


def test_the_style_has_no_other_name_and_stays_out_of_the_reference(app, ask):
    assert ask(app, "/app/static/0000000000000000/other.css").status_code == 404
    assert app.openapi()["paths"] == {}
