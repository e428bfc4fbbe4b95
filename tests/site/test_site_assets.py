import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARED = ROOT / "app" / "pretamane" / "web" / "static" / "pages.css"


def site_assets(site: Path, *more: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        str(ROOT / "scripts" / "site-assets"),
        "--site",
        str(site),
        "--shared",
        str(SHARED),
        *more,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "config" / "site", tmp_path / "site"))


def asset(site: Path, stem: str, ending: str) -> Path:
    return next(site.glob(f"assets/{stem}.*.{ending}"))


def test_the_site_as_it_stands_has_names_that_match_their_content():
    checked = site_assets(ROOT / "config" / "site", "--check")

    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_changed_asset_is_named_by_the_check_and_nothing_is_touched(site):
    changed = asset(site, "site", "css")
    changed.write_text("body { margin: 1px }", encoding="utf-8")

    checked = site_assets(site, "--check")

    assert checked.returncode == 1
    assert (
        f"{changed.name} should be called site.{hashlib.sha256(changed.read_bytes()).hexdigest()[:8]}.css"
        in checked.stderr
    )
    assert changed.is_file()


def test_a_change_deep_down_renames_all_that_leads_to_it(site):
    before = {path.name for path in site.glob("assets/*")}
    deep = asset(site, "draft", "js")
    deep.write_text(deep.read_text(encoding="utf-8") + "\n// a change\n", encoding="utf-8")

    settled = site_assets(site)

    gone = {name.split(".")[0] for name in before - {path.name for path in site.glob("assets/*")}}
    assert (settled.returncode, settled.stderr) == (0, "")
    assert gone == {"draft", "contact-form", "site"}
    assert asset(site, "site", "js").name in (site / "index.html").read_text(encoding="utf-8")
    assert site_assets(site, "--check").returncode == 0


def test_a_reference_to_nothing_and_an_asset_without_reference_are_named(site):
    (site / "index.html").write_text('<img src="/assets/gone.00000000.png">', encoding="utf-8")
    (site / "assets" / "unused.e3b0c442.txt").touch()

    checked = site_assets(site, "--check")

    assert "index.html names assets/gone.00000000.png, which does not exist" in checked.stderr
    assert "assets/unused.e3b0c442.txt is named by nothing" in checked.stderr


def test_a_site_whose_shared_style_differs_from_the_apps_is_named_and_mended(site):
    asset(site, "pages", "css").write_text("body {}", encoding="utf-8")

    assert "is not the one copy of pages.css" in site_assets(site, "--check").stderr
    assert site_assets(site).returncode == 0
    assert asset(site, "pages", "css").read_bytes() == SHARED.read_bytes()


def test_two_assets_that_name_each_other_are_refused_instead_of_renamed_for_ever(site):
    (site / "assets" / "one.js").write_text('import "./two.js";', encoding="utf-8")
    (site / "assets" / "two.js").write_text('import "./one.js";', encoding="utf-8")

    settled = site_assets(site)

    assert (settled.returncode, settled.stderr) == (
        1,
        "Two assets refer to each other, so no name can match its content.\n",
    )
