"""What an open desk alone does not allow: whoever sits at it must know the password, asked once more."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from pretamane.accounts import sessions
from pretamane.accounts.forms import text_of
from pretamane.accounts.sessions import Proof
from pretamane.core.actors import Actor
from pretamane.core.http.rate_limits import RateLimits
from pretamane.core.unit_of_work import UnitOfWork

# Whoever finds an open desk guesses no faster than a stranger at the door.
CHECKS_AT_AN_OPEN_DESK = "10/15minutes"


class OpenDesk:
    """One limit for all pages that ask, so that guesses are not multiplied by the number of pages."""

    def __init__(self, work: UnitOfWork, limits: RateLimits) -> None:
        self.work, self.limits = work, limits

    def prove(self, request: Request, by: Actor, fields: Mapping[str, Any]) -> Proof:
        self.limits.spend(request, "password-check", CHECKS_AT_AN_OPEN_DESK, together_with=str(by.account_id))
        return sessions.prove_own_password(self.work, by, text_of(fields, "current_password"))
