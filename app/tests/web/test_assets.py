import pytest
from fastapi import FastAPI

from pretamane.core.http import problems
from pretamane.web.assets import FOLDER, MEDIA_TYPES, asset_address, router

NAMES = sorted(file.name for file in FOLDER.iterdir())


@pytest.fixture
def app():
    app = FastAPI()
    app.include_router(router)
    problems.install(app)
    return app


@pytest.mark.parametrize("name", NAMES)
def test_each_file_is_kept_for_ever_under_the_address_of_the_content(app, ask, name):
    answer = ask(app, asset_address(name))

    assert answer.content == (FOLDER / name).read_bytes()
    assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[(FOLDER / name).suffix]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_modules_find_each_other_beside_them():
    folders = {asset_address(name).rpartition("/")[0] for name in NAMES}

    assert len(folders) == 1


def test_a_page_from_before_an_upgrade_still_gets_a_style_but_may_not_keep_it(app, ask):
    answer = ask(app, "/app/static/0000000000000000/pages.css")

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-cache")


def test_an_unchanged_file_is_answered_304(app, ask):
    address = asset_address("pages.css")
    etag = ask(app, address).headers["etag"]

    again = ask(app, address, headers={"If-None-Match": etag})

    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("name", ["other.css", "..%2frender.py", "%2e%2e", "../render.py"])
def test_nothing_else_is_served_and_none_of_it_is_in_the_reference(app, ask, name):
    assert ask(app, f"/app/static/0000000000000000/{name}").status_code == 404
    assert app.openapi()["paths"] == {}


def test_a_page_that_names_a_file_that_is_not_there_is_an_error():
    with pytest.raises(LookupError, match=r"no such\.js"):
        asset_address("such.js")
