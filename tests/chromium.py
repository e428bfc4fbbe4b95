"""How the browser that the stories share is started; its fixtures are in the root's conftest."""

import shutil
from collections.abc import Callable

from playwright.sync_api import BrowserContext

# The container that tests run in may have no sandbox for Chromium; nothing foreign is opened in it.
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
# Milliseconds, for what is done and for what is expected: a machine may be busy with something else.
PATIENCE = 20_000
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

NewContext = Callable[..., BrowserContext]
