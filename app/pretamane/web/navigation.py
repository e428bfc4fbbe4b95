"""The pages that staff go between."""

from pretamane.core.actors import Actor, Role

Entry = tuple[str, str, str]

_ENTRIES: tuple[tuple[Role, Entry], ...] = (
    (Role.VIEWER, ("inbox", "/app/inbox", "Inbox")),
    (Role.VIEWER, ("contacts", "/app/contacts", "Contacts")),
    (Role.VIEWER, ("settings", "/app/settings", "Settings")),
)


def entries_for(actor: Actor) -> list[Entry]:
    """Name, address and label of what this person may open."""
    return [entry for role, entry in _ENTRIES if actor.role >= role]
