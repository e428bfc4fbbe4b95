"""What accounts and keys did: written with what they did, never changed afterwards, chained by seals."""

from pretamane.core.audit.models import AuditEntry, AuditSeal
from pretamane.core.audit.newest_seal import NewestSeal
from pretamane.core.audit.queries import Wanted, about, acts, entries, has_happened
from pretamane.core.audit.recording import record, record_many
from pretamane.core.audit.sealing import Sealer

__all__ = [
    "AuditEntry",
    "AuditSeal",
    "NewestSeal",
    "Sealer",
    "Wanted",
    "about",
    "acts",
    "entries",
    "has_happened",
    "record",
    "record_many",
]
