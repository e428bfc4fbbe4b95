"""What a visitor does and sees, whichever way the message travels."""

from itertools import count
from typing import Any

from playwright.sync_api import Page

from tests.site_story.house import Postgres

# The server takes whoever sends sooner for a program.
MILLISECONDS_TO_TYPE = 2_100
_visitors = count(1)


def typed_by_a_visitor() -> dict[str, str]:
    """A new person each time, with signs that a careless page would lose."""
    return {
        "name": "Zoë O’Brien",
        "email": f"zoe-{next(_visitors)}@visitor.example",
        "phone": "+44 20 7946 0018",
        "company": "Lamp & Sons <Ltd>",
        "subject": "A lease that ends in spring",
        "message": "Good morning,\n\nthe roof leaks — 3 < 5 buckets & counting.\nCan I end the lease early?",
    }


def fill_in(page: Page, typed: dict[str, str]) -> None:
    for field, text in typed.items():
        page.locator(f"[name={field}]").fill(text)
    page.locator("[name=consent]").check()


def take_time(page: Page) -> None:
    page.wait_for_timeout(MILLISECONDS_TO_TYPE)


def send(page: Page) -> None:
    page.locator("button[type=submit]").click()


def still_typed(page: Page, typed: dict[str, str]) -> dict[str, str]:
    return {field: page.locator(f"[name={field}]").input_value() for field in typed}


def shown_reference(page: Page) -> str:
    page.locator(".boxes span").first.wait_for()
    return "".join(page.locator(".boxes span").all_inner_texts()).replace("–", "-")


def kept(postgres: Postgres, typed: dict[str, str]) -> list[Any]:
    return postgres.rows(
        "SELECT reference, status, name, phone, company, subject, message, consented FROM submissions"
        " WHERE email = :email",
        email=typed["email"],
    )


def as_kept(reference: str, typed: dict[str, str]) -> tuple[object, ...]:
    """The row that a message becomes, in the order of `kept`."""
    said = (typed[field] for field in ("name", "phone", "company", "subject", "message"))
    return (reference, "new", *said, True)
