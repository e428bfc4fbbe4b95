"""Hands that have no mouse: they press Tab until they are there, and see where they are."""

from playwright.sync_api import Locator, Page, expect

# More stops than any of the pages has.
STOPS = 250
# The document's own word for it: a focused element may be in a page that runs no script.
IS_FOCUSED = "element => element === document.activeElement"
IS_SEEN = "element => element.matches(':focus-visible') && getComputedStyle(element).outlineStyle !== 'none'"


class Keyboard:
    def __init__(self, page: Page) -> None:
        self._page = page

    def reach(self, there: Locator, key: str = "Tab") -> None:
        expect(there).to_be_attached()
        for _ in range(STOPS):
            self._page.keyboard.press(key)
            if there.evaluate(IS_FOCUSED):
                break
        else:
            raise AssertionError(f"No number of {key}s leads to {there}")
        expect(there).to_be_in_viewport()
        assert there.evaluate(IS_SEEN), f"Nobody sees that this has the focus: {there}"

    def write(self, there: Locator, text: str, key: str = "Tab") -> None:
        """What a field holds is chosen when Tab leads to it, so that typing takes its place."""
        self.reach(there, key)
        self._page.keyboard.type(text)

    def choose(self, there: Locator, option: str, key: str = "Tab") -> None:
        """A choice goes to what begins with the letters typed."""
        self.write(there, option, key)
        expect(there.locator("option:checked")).to_have_text(option)

    def press(self, there: Locator, key: str = "Tab", by: str = "Enter") -> None:
        self.reach(there, key)
        self._page.keyboard.press(by)
