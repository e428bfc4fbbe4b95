"""With CI=true a test that does not run is a test that fails; elsewhere the run ends by counting them.

And the one browser that every story is told in.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

    from tests.chromium import NewContext

NOTHING_MAY_BE_SKIPPED = os.environ.get("CI", "").lower() == "true"


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """pytest keeps a skip as (file, line, "Skipped: reason")."""
    told = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return told.removeprefix("Skipped: ")


def fail_what_was_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    # An expected failure reports itself as skipped too, yet it ran.
    if NOTHING_MAY_BE_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        report.longrepr = f"With CI=true nothing may be skipped, and this was: {reason_of(report)}"
        report.outcome = "failed"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """A browser's loop stays in the thread that drives it, where a test of another kind could run none of its own."""
    browsers = asyncio._get_running_loop()
    if "chromium" not in getattr(item, "fixturenames", ()):
        asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(browsers)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    fail_what_was_skipped(report)
    # Half a letter, which hostile names have, could not be sent to the process that prints.
    report.sections = [(name, said.encode("utf-8", "replace").decode()) for name, said in report.sections]
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    fail_what_was_skipped(report)
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:  # pytest gives its reporter's type no public name
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section("not run here")
        for reason, times in Counter(map(reason_of, skipped)).most_common():
            terminalreporter.line(f"{times} × {reason}")


@pytest.fixture(scope="session")
def chromium() -> Iterator["Browser"]:
    """One for every story: two of them cannot be driven in one process."""
    from playwright.sync_api import expect, sync_playwright

    from tests.chromium import CHROMIUM, FLAGS, PATIENCE

    if CHROMIUM is None:
        pytest.skip("no Chromium")
    expect.set_options(timeout=PATIENCE)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: "Browser") -> Iterator["NewContext"]:
    from tests.chromium import PATIENCE

    with ExitStack() as contexts:

        def make(**options: object) -> "BrowserContext":
            context = chromium.new_context(**{"locale": "en-GB", **options})  # type: ignore[arg-type]  # as Playwright's
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE)
            return context

        yield make
