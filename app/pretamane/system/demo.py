"""An invented small practice, so that a newcomer sees a lived-in house. Nobody in it exists."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy.orm import Session

from pretamane.contacts import queries, service
from pretamane.contacts.models import DONE, NEW, OPEN
from pretamane.contacts.schemas import MessageIn
from pretamane.contacts.service import Import
from pretamane.core.actors import OPERATOR
from pretamane.core.errors import Conflict
from pretamane.core.ids import SPOKEN
from pretamane.practice import queries as practice_queries
from pretamane.practice import service as practice
from pretamane.practice.schemas import PublicPractice
from pretamane.system.invented_documents import Client

SPREAD_DAYS = 90
SECOND_LETTERS = 14
# Whatever is made of it is the same each time, which is how a second run finds the first one's rows.
_NAMESPACE = UUID("5d0c2b7e-8f0e-5b0a-9a55-2c1f5d7c6e10")
_LOOK = {"name": "Lindqvist & Okafor", "time_zone": "Europe/Berlin", "primary_colour": "#2b3a67"}

_PEOPLE = {
    "en": "Amelia Hart, Tobias Reed, Priya Nair, George Whitlock, Hannah Osei, Callum Frye, Ruth Abara, Owen Pritchard,"
    "Leila Haddad, Martin Stubbs, Nkechi Eze, Daniel Foss, Sadie Lowell, Ibrahim Musa, Clara Penrose, Victor Lang",
    "de": "Jonas Albrecht, Miriam Seidel, Katrin Vogt, Henning Brandt, Aylin Demir, Stefan Wiechert, Greta Naumann,"
    "Lukas Hofer, Birgit Saalfeld, Emre Kaya",
    "fr": "Camille Roussel, Julien Mercier, Awa Diallo, Nadine Lefort, Théo Garnier",
    "es": "Lucía Herrero, Mateo Salas, Inés Cabrera, Diego Fuentes",
    "pl": "Agnieszka Wrona, Piotr Zieliński, Ewa Mazur",
    "sv": "Elsa Nyström, Oskar Hallberg",
}
_COMPANIES = ("Hart Joinery", "Nordlicht Buchhandlung", "Atelier Roussel", "Blue Kiln Pottery", "Salas e Hijos")
_WORDS = {
    "en": (
        ("Tax return for last year", "Could you take on my tax return? I changed jobs in March and have both slips."),
        ("Question about a contract", "My landlord sent a new lease. Would you read it before I sign on Friday?"),
        ("", "Hello, do you have a free appointment next week? Afternoons suit me best. Thank you!"),
        ("Urgent: letter from the court", "A letter came today with a deadline of fourteen days. Please ring me."),
        ("Invoice 2214", "I think I was billed twice for the same meeting. Could somebody look, please?"),
        ("Thank you", "Just to say that everything went well yesterday. You explained it so clearly."),
        ("Starting a company", "Three of us want to found a small limited company. What would that cost with you?"),
        ("Inheritance", "My aunt passed away in May and left a flat abroad. We do not know where to begin."),
        ("Third attempt", "I have now written twice and nobody has answered. I am, frankly, quite disappointed."),
    ),
    "de": (
        ("Steuererklärung", "Guten Tag, übernehmen Sie auch Erklärungen für Selbständige? Die Belege sind sortiert."),
        ("Kündigung erhalten", "Mir wurde gestern gekündigt. Wie schnell bekäme ich bei Ihnen einen Termin?"),
        ("Rückfrage zum Bescheid", "Im Bescheid fehlen die Fahrtkosten. Lohnt sich ein Einspruch? Viele Grüße"),
        ("", "Bitte rufen Sie mich zurück, es geht um den Mietvertrag für unser Ladenlokal."),
        ("Vollmacht", "Anbei die gewünschten Angaben. Die unterschriebene Vollmacht bringe ich am Montag vorbei."),
    ),
    "fr": (
        ("Rendez-vous", "Bonjour, serait-il possible d’avancer notre rendez-vous à mardi matin ? Merci d’avance."),
        ("Déclaration de TVA", "Je ne suis pas sûre du régime qui s’applique à mon atelier. Pouvez-vous m’aider ?"),
        ("Succession", "Mon frère et moi cherchons quelqu’un pour la succession de notre mère."),
    ),
    "es": (
        ("Consulta", "Hola, ¿atienden también en español? Necesito ayuda con un contrato de trabajo."),
        ("Traslado a Alemania", "Nos mudamos en septiembre y no sabemos dónde debemos declarar los impuestos."),
    ),
    "pl": (
        ("Pytanie o podatki", "Dzień dobry, pracuję w dwóch krajach. Czy mogą Państwo pomóc z rozliczeniem?"),
        ("Umowa najmu", "Proszę o sprawdzenie umowy przed podpisaniem. Dziękuję!"),
    ),
    "sv": (("Bokslut", "Hej! Hinner ni med vårt bokslut före sommaren? Vi är ett litet bolag med två anställda."),),
}
_SPAM = (
    ("SEO Experts", "Your website is on page 9!!!", "We bring you to page 1 in 7 days. Reply YES."),
    ("Crypto Desk", "Double your savings", "Guaranteed 40 % a month, no risk, only today."),
    ("Marketing Team", "Guest post", "Dear sir or madam, we would like to place an article on your nice blog."),
    ("Loan Office", "Cheap loan approved", "Your loan of 50.000 has been approved. Send your bank details."),
    ("Web Design", "New website for 99", "Your site looks old. We build a new one by tomorrow."),
    ("Lottery", "You have won", "Congratulations! Claim your prize within 24 hours."),
)


@dataclass(frozen=True)
class Furnished:
    contacts: int
    messages: int
    clients: Sequence[Client]


@dataclass(frozen=True)
class _Person:
    number: int
    language: str
    name: str

    @property
    def id(self) -> UUID:
        return uuid5(_NAMESPACE, f"contact {self.number}")

    @property
    def email(self) -> str:
        return f"{_plain(self.name)}@example.com"

    def company(self) -> str | None:
        return _COMPANIES[self.number // 8] if self.number % 8 == 0 else None


def furnish(session: Session, clock_now: datetime, *, production: bool) -> Furnished:
    """Twice is the same as once: ids are the demo's own, and what is there stays as it is."""
    if production:
        raise Conflict("The invented practice is for trying things out; in production nothing was changed.")
    messages = list(_messages(clock_now))
    contacts = {each.contact_id for each in messages if each.contact_id}
    if queries.knows_others(session, contacts, {each.id for each in messages}):
        raise Conflict("There are real contacts or messages here, so nothing invented was put beside them.")
    for message in messages:
        service.import_message(session, message)
    if practice_queries.current(session).name == PublicPractice.plain().name:
        practice.change(session, OPERATOR, **_LOOK)
    clients = [Client(person.id, person.name, person.email) for person in _people()]
    return Furnished(len(contacts), len(messages), clients)


def _messages(now: datetime) -> Iterator[Import]:
    drawn = random.Random(40_60)  # noqa: S311  # the same practice each time, and nothing secret in it
    people = list(_people())
    for number, person in enumerate(people + drawn.sample(people, SECOND_LETTERS)):
        choices = _WORDS[person.language]
        subject, words = choices[number % len(choices)]
        said = {"name": person.name, "email": person.email, "subject": subject, "company": person.company()}
        when = _some_time_before(now, drawn)
        yield _import(number, {**said, "message": words}, when, person.id, _handled_by_now(number, now - when))
    for number, (name, subject, words) in enumerate(_SPAM, len(people) + SECOND_LETTERS):
        said = {"name": name, "email": f"{_plain(name)}@example.net", "subject": subject, "leave_empty": "http://spam"}
        yield _import(number, {**said, "message": words}, _some_time_before(now, drawn))


def _handled_by_now(number: int, age: timedelta) -> str:
    """A practice that looks after its post, and still has some to look after."""
    if age < timedelta(days=7):
        return NEW
    return OPEN if number % 6 == 0 or age < timedelta(days=14) else DONE


def _import(
    number: int, said: dict[str, str | None], when: datetime, contact_id: UUID | None = None, status: str = NEW
) -> Import:
    message = MessageIn.model_validate({**said, "page": "/contact.html", "consent": True, "consent_version": "1"})
    submission = uuid5(_NAMESPACE, f"submission {number}")
    return Import(message, submission, contact_id, _reference(submission), when, status)


def _people() -> Iterator[_Person]:
    written = [(language, name.strip()) for language, names in _PEOPLE.items() for name in names.split(",")]
    return (_Person(number, language, name) for number, (language, name) in enumerate(written))


def _some_time_before(now: datetime, drawn: random.Random) -> datetime:
    return now - timedelta(seconds=drawn.randrange(60, SPREAD_DAYS * 24 * 3600))


def _plain(name: str) -> str:
    spelt = name.lower().translate(str.maketrans("éíńöñ", "eionn"))
    return "".join(letter if letter.isascii() and letter.isalnum() else "." for letter in spelt)


def _reference(submission: UUID) -> str:
    letters = "".join(SPOKEN[byte % len(SPOKEN)] for byte in submission.bytes[8:])
    return f"{letters[:4]}-{letters[4:]}"
