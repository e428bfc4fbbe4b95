"""Messages and contacts as tables, and what else is written into tables."""

from pretamane.core.http.tables import MARK, Export, download, harmless

__all__ = ["CONTACTS", "MARK", "SUBMISSIONS", "Export", "download", "harmless"]

SUBMISSIONS = (
    *("reference", "status", "received_at", "name", "email", "phone", "company", "subject", "message"),
    *("page", "consented", "consent_version", "spam_reason", "changed_at", "id", "contact_id"),
)
CONTACTS = ("name", "email", "phone", "company", "tags", "made_at", "changed_at", "id")
