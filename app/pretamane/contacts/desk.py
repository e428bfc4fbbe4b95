"""Everything over HTTP about messages and contacts: the visitors' way in, and what staff do."""

from fastapi import APIRouter

from pretamane.contacts import answer_pages, api, contact_pages, contacts_api, inbox_api, inbox_pages, message_pages


def routers(intake: api.Intake) -> tuple[APIRouter, ...]:
    return (
        api.router(intake),
        inbox_api.router,
        contacts_api.router,
        inbox_pages.router,
        message_pages.router,
        contact_pages.router,
        answer_pages.router,
    )
