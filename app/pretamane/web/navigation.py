"""The pages that staff go between."""

from pretamane.core.actors import Actor, Role

Entry = tuple[str, str, str]

_ENTRIES: tuple[tuple[Role, Entry], ...] = (
    (Role.VIEWER, ("inbox", "/app/inbox", "Inbox")),
    (Role.VIEWER, ("contacts", "/app/contacts", "Contacts")),
    (Role.VIEWER, ("documents", "/app/documents", "Documents")),
    (Role.VIEWER, ("settings", "/app/settings", "Settings")),
)


def entries_for(actor: Actor) -> list[Entry]:
    """Name, address and label of what this person may open."""
    return [entry for role, entry in _ENTRIES if actor.role >= role]


_SETTINGS: tuple[tuple[Role, Entry], ...] = (
    (Role.VIEWER, ("/app/settings/profile", "Profile", "Your name, e-mail address and password.")),
    (Role.VIEWER, ("/app/settings/sessions", "Sessions", "Where you are signed in, and how to end it.")),
    (Role.VIEWER, ("/app/settings/keys", "Keys", "For programs that speak to the API in your name.")),
    (Role.STAFF, ("/app/settings/tags", "Tags", "What documents are called together, across types and contacts.")),
    (
        Role.STAFF,
        ("/app/settings/types", "Types of documents", "What is filed here, and what each contact should have."),
    ),
    (Role.ADMIN, ("/app/settings/practice", "Practice", "Name, recipient of messages, colours, logo, legal pages.")),
    (Role.ADMIN, ("/app/settings/accounts", "Accounts", "Who works here, and what each may do.")),
    (Role.ADMIN, ("/app/settings/retention", "Retention", "For how long documents are kept.")),
    (Role.ADMIN, ("/app/settings/restricted", "Restricted documents", "The way back when nobody may see one.")),
    (Role.ADMIN, ("/app/settings/audit", "Audit", "Who did what, and when.")),
    (Role.ADMIN, ("/app/settings/jobs", "Jobs", "Work that waits, runs, or was given up.")),
    (Role.ADMIN, ("/app/storage", "Storage", "How much room documents take, and which take most.")),
    (Role.ADMIN, ("/app/settings/system", "System", "Versions, dependencies, storage.")),
)


def settings_for(actor: Actor, role: Role) -> list[Entry]:
    """Address, name and sentence of the settings that need just that role, if this person has it."""
    return [entry for needed, entry in _SETTINGS if needed == role and actor.role >= role]
