"""Everything over HTTP that staff and their programs do with messages and contacts."""

from pretamane.contacts import answer_pages, contact_pages, contacts_api, inbox_api, inbox_pages, message_pages

routers = (
    inbox_api.router,
    contacts_api.router,
    inbox_pages.router,
    message_pages.router,
    contact_pages.router,
    answer_pages.router,
)
