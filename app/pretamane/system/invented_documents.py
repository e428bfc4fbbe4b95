"""What the invented practice has filed in two years: which papers, whose, of what type, and when they came."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from pretamane.system import invented_papers as papers

COUNT: Final = 120
# Of sixteen papers the one that says what the one six before it said, to the same client.
SENT_AGAIN: Final = 6
TYPES: Final = {"Engagement letter": True, "Invoice": False, "Contract": False, "Receipt": False, "Letter": False}
_YEARS = timedelta(days=700)
_HEAD = ("Lindqvist & Okafor", "Chausseestrasse 14, Berlin", "")
_BODIES = (
    "Thank you for the papers that you left with us on Thursday. We have gone through them and find that the figures "
    "of the second quarter do not agree with your bank statements, so please look for the three slips that are missing "
    "and send them before the end of the month, as the office will otherwise reckon with an estimate of its own.",
    "The landlord has answered at last and offers to take back the notice if the arrears are paid within two weeks. We "
    "advise you to accept, for the court would hardly give you more time, and to have the agreement put in writing "
    "before any money goes over. A draft is enclosed, which you may change wherever it does not say what was meant.",
    "As we said on the telephone, the company can be entered in the register once all three of you have signed before "
    "the notary and the first quarter of the capital is in the account. The bank wants to see the passports again, and "
    "the chamber will write to you about its fee, which falls due in the same week whatever else may be delayed.",
    "Your aunt left no will that anybody knows of, and so the flat goes to the four of you in equal parts. Before it "
    "can be sold the land registry needs the certificate of inheritance, for which we ask you to sign the enclosed "
    "form, to bring the family book, and to say whether any of you means to live there until a buyer is found.",
    "The school has agreed to the meeting that you asked for and proposes the first Tuesday after the holidays. Please "
    "bring the two reports and the letter of the doctor, and think about what you would be content with, since it is "
    "easier to reach something when everybody at the table knows from the beginning where you would stop.",
)
_SERVICES = ("Advice on the lease", "Annual accounts", "Tax return", "Letter to the court", "Founding a company")
_SLIPS = ("Post office", "Stationery", "Taxi", "Notary's fee", "Copies", "Train to Leipzig", "Parking")
_TAGS = ("tax 2025", "urgent", "signed", "original in the safe", "for the accountant", "tenancy")


@dataclass(frozen=True)
class Client:
    id: UUID
    name: str
    email: str


@dataclass(frozen=True)
class Paper:
    """`make` is called only where it is not filed yet."""

    number: int
    filename: str
    title: str
    kind: str | None
    came_at: datetime
    make: Callable[[], bytes]
    client: Client | None = None
    tags: Sequence[str] = ()
    newer: Callable[[], bytes] | None = None
    is_trashed: bool = False
    is_held: bool = False
    is_restricted: bool = False


def invented(clients: Sequence[Client], now: datetime) -> Iterator[Paper]:
    """The same each time but for its dates, which end today."""
    drawn = random.Random(120)  # noqa: S311  # the same papers each time, and nothing secret in them
    makers = (_letter, _invoice, _engagement, _contract, _slip, _engagement, _letter, _mail)
    for number in range(COUNT):
        day = now - _YEARS * ((COUNT - number) / COUNT)
        at = day.replace(hour=drawn.randrange(7, 16), minute=drawn.randrange(60), second=0, microsecond=0)
        whose = number - 6 if number % 16 == SENT_AGAIN else number
        # Round and round, each time from another one on, so that nobody has one kind of paper alone.
        client = clients[(whose + whose // len(clients) * 13) % len(clients)]
        yield makers[number % len(makers)](number, client, at, drawn)


def _letter(number: int, client: Client, at: datetime, drawn: random.Random) -> Paper:
    """Some were sent again on another day, some have no contact yet."""
    body = papers.broken(_BODIES[number // 8 % len(_BODIES)])
    title = f"Letter to {client.name}"

    def written(day: datetime, *more: str) -> Callable[[], bytes]:
        lines = [*_HEAD, f"{day.day} {day:%B %Y}", "", f"Dear {client.name},", "", *body, *more, "", "Ida Lindqvist"]
        return lambda: papers.pdf(lines, title)

    return Paper(
        number,
        f"letter-{number:03}.pdf",
        title,
        "Letter",
        at,
        written(at),
        None if number % 24 == 6 else client,
        drawn.sample(_TAGS, drawn.randrange(3)),
        newer=written(at + timedelta(days=2), "", "PS: The form is enclosed this time.") if number % 20 == 0 else None,
        is_trashed=number in (8, 38, 72),
        is_held=number == 30,
    )


def _invoice(number: int, client: Client, at: datetime, drawn: random.Random) -> Paper:
    service, hours = _SERVICES[number % len(_SERVICES)], drawn.randrange(1, 9)
    lines = [
        *_HEAD,
        f"Invoice {at.year}-{number:03}",
        f"{at.day} {at:%B %Y}",
        "",
        client.name,
        "",
        f"{service}: {hours} hours at 180.00 EUR",
        f"Sum: {hours * 180}.00 EUR",
        f"VAT 19 %: {hours * 34.2:.2f} EUR",
        f"Due within fourteen days: {hours * 214.2:.2f} EUR",
    ]
    title = f"Invoice {at.year}-{number:03}"
    return Paper(
        number, f"{title}.pdf", title, "Invoice", at, lambda: papers.pdf(lines, title), client, [f"tax {at.year}"]
    )


def _engagement(number: int, client: Client, at: datetime, drawn: random.Random) -> Paper:
    lines = [
        *_HEAD,
        "Engagement letter",
        "",
        *papers.broken(
            f"{client.name} asks the practice to advise and to act in the matter of "
            f"“{drawn.choice(_SERVICES).lower()}”, for 180 EUR an hour, and gives it leave to ask authorities, courts "
            "and insurers for papers. Either side may end this by a letter, at any time and without a reason."
        ),
        "",
        f"Berlin, {at.day} {at:%B %Y}",
    ]
    title = f"Engagement of {client.name}"
    make = lambda: papers.pdf(lines, title)  # noqa: E731  # a paper's own words, not made before they are needed
    return Paper(number, f"engagement-{number:03}.pdf", title, "Engagement letter", at, make, client, ["signed"])


def _contract(number: int, client: Client, at: datetime, drawn: random.Random) -> Paper:
    agreed = drawn.sample(_BODIES, drawn.randrange(2, 5))
    clauses = [f"{place}. {text}" for place, text in enumerate(agreed, 1)]
    title = f"Contract of {client.name}, {at:%B %Y}"
    return Paper(
        number,
        f"contract-{number:03}.docx",
        title,
        "Contract",
        at,
        lambda: papers.docx(clauses, title),
        client,
        ["tenancy"],
        newer=(lambda: papers.docx([*clauses, "And changes are made in writing."], title)) if number % 3 == 0 else None,
        is_restricted=number == 27,
    )


def _slip(number: int, client: Client, at: datetime, drawn: random.Random) -> Paper:
    shop, price = drawn.choice(_SLIPS), f"{drawn.randrange(3, 90)}.{drawn.randrange(100):02} EUR"
    form, ending = ("JPEG", "jpg") if number % 16 == 4 else ("PNG", "png")
    lines = (shop, "", f"{at.day}.{at.month}.{at.year}", "", "Total", price, "", "Thank you")
    return Paper(
        number,
        f"IMG_{4000 + number}.{ending}",
        f"{shop}, {price}",
        "Receipt" if number % 16 == 4 else None,
        at,
        lambda: papers.picture(lines, form),
        None if number % 32 == 12 else client,
        is_trashed=number == 20,
    )


def _mail(number: int, client: Client, at: datetime, _drawn: random.Random) -> Paper:
    title = f"Papers of {client.name}"
    attached = [client.name, f"{at.day} {at:%B %Y}", "", *papers.broken(_BODIES[number % len(_BODIES)])]

    def make() -> bytes:
        return papers.mail(
            client.email, title, "As we agreed. Kind regards", ("enclosed.pdf", papers.pdf(attached, title))
        )

    return Paper(number, f"mail-{number:03}.eml", title, "Letter", at, make, client)
