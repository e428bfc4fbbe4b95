"""The pages of people who are not signed in: signing in, asking for a new password, opening a link."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from pretamane.accounts import entering, links, passwords, sessions
from pretamane.accounts.forms import FIRST_PAGE, own_page, page, see, text_of
from pretamane.accounts.links import UsableLink
from pretamane.accounts.models import Purpose
from pretamane.accounts.recognition import SessionCookie
from pretamane.accounts.schemas import FirstAdministratorIn, ProfileIn, as_kept, understand
from pretamane.accounts.sessions import Proof
from pretamane.core.errors import AppError, Invalid
from pretamane.core.http.admission import FromOurPages, Viewer
from pretamane.core.http.fields import Fields
from pretamane.core.http.rate_limits import RateLimits
from pretamane.core.unit_of_work import UnitOfWork

# An office behind one address signs in within a quarter of an hour; a guesser needs more than this.
SIGN_INS_OF_AN_ADDRESS = "60/15minutes"
# By account and address together: what a stranger spends elsewhere never keeps the owner out.
SIGN_INS_TO_AN_ACCOUNT = "10/15minutes"
RESETS_ASKED_BY_AN_ADDRESS = "20/hour"
# Beyond these no more mails go to one person; the last link they were sent works for longer than this counts.
RESETS_OF_AN_ACCOUNT = "5/hour"

_DONE = {
    "renewed": "Your new password is set. Please sign in with it.",
    "email": "Your new e-mail address is confirmed. Please use it from now on to sign in.",
    "out": "You are signed out.",
}


class Entrance:
    """What it takes to let people in, put together once."""

    def __init__(self, work: UnitOfWork, limits: RateLimits, cookie: SessionCookie) -> None:
        self.work, self.limits, self.cookie = work, limits, cookie

    def show_sign_in(self, next: str = "", done: str = "") -> Response:  # its name in the address
        return self._sign_in_page(None, "", own_page(next), _DONE.get(done))

    def sign_in(self, request: Request, fields: Fields) -> Response:
        email, onward = text_of(fields, "email"), own_page(text_of(fields, "next"))
        try:
            proof = self._prove(request, as_kept(email), text_of(fields, "password"))
            return self._let_in(request, proof, onward)
        except AppError as refusal:
            return self._sign_in_page(refusal, email, onward, None)

    def _prove(self, request: Request, email: str, password: str) -> Proof:
        """Limits come before hashing: guessing must cost the guesser, not us."""
        self.limits.spend(request, "sign-in", SIGN_INS_OF_AN_ADDRESS)
        self.limits.spend(request, "sign-in-account", SIGN_INS_TO_AN_ACCOUNT, together_with=email)
        return sessions.prove_password(self.work, email, password)

    def _let_in(self, request: Request, proof: Proof, onward: str) -> Response:
        brought = request.cookies.get(self.cookie.name)
        user_agent = request.headers.get("user-agent", "")
        signed_in = self.work.run_now(sessions.sign_in, proof, user_agent, replacing=brought)
        response = see(onward)
        self.cookie.give(response, signed_in.token)
        return response

    def _sign_in_page(self, refusal: AppError | None, email: str, onward: str, done: str | None) -> Response:
        return page(self.work, "accounts/sign_in.html", refusal, email=email, onward=onward, done=done)

    def sign_out(self, by: Viewer) -> Response:
        self.work.run_now(sessions.sign_out, by)
        response = see("/app/sign-in?done=out")
        self.cookie.take_back(response)
        return response

    def show_forgotten(self, sent: bool = False) -> Response:
        return page(self.work, "accounts/forgotten.html", email="", sent=sent)

    def ask_for_reset(self, request: Request, fields: Fields) -> Response:
        """The same answer for everybody's address and for nobody's."""
        email = as_kept(text_of(fields, "email"))
        try:
            self.limits.spend(request, "reset", RESETS_ASKED_BY_AN_ADDRESS)
        except AppError as refusal:
            return page(self.work, "accounts/forgotten.html", refusal, email=email, sent=False)
        if email and self.limits.leaves_room("reset-account", RESETS_OF_AN_ACCOUNT, email):
            self.work.run_now(entering.ask_for_reset, email)
        return see("/app/forgotten?sent=true")

    def show_link(self, token: str) -> Response:
        return self._link_page(self.work.run_now(links.look_at, token), {})

    def use_link(self, request: Request, token: str, fields: Fields) -> Response:
        link = self.work.run_now(links.look_at, token)
        try:
            return self._use(request, token, link, fields)
        except AppError as refusal:
            if refusal.code == links.ended().code:
                raise
            return self._link_page(link, fields, refusal)

    def _use(self, request: Request, token: str, link: UsableLink, fields: Fields) -> Response:
        if link.purpose is Purpose.NEW_EMAIL:
            self.work.run_now(entering.confirm_new_email, token)
            return see("/app/sign-in?done=email")
        if link.purpose in (Purpose.RESET, Purpose.RESCUE):
            self.work.run_now(entering.reset_password, token, _chosen_password(fields, link.email, link.name))
            return see("/app/sign-in?done=renewed")
        return self._let_in(request, self._newcomer(token, link, fields), FIRST_PAGE)

    def _newcomer(self, token: str, link: UsableLink, fields: Fields) -> Proof:
        if link.purpose is Purpose.FIRST_ADMIN:
            first = understand(FirstAdministratorIn, fields, _password_faults(fields, text_of(fields, "email")))
            hashed = passwords.hashed(text_of(fields, "password"))
            return self.work.run_now(entering.become_first_administrator, token, first, hashed)
        invited = understand(ProfileIn, fields, _password_faults(fields, link.email))
        hashed = passwords.hashed(text_of(fields, "password"))
        return self.work.run_now(entering.accept_invitation, token, invited, hashed)

    def _link_page(self, link: UsableLink, fields: Fields, refusal: AppError | None = None) -> Response:
        typed = {name: text_of(fields, name) for name in ("email", "name")}
        return page(self.work, "accounts/link.html", refusal, link=link, values=typed)


def _password_faults(fields: Fields, email: str) -> dict[str, str]:
    """Told beside the other faults of the form."""
    why_not = passwords.why_not(text_of(fields, "password"), email, text_of(fields, "name"))
    return {"password": why_not} if why_not else {}


def _chosen_password(fields: Fields, email: str, name: str) -> str:
    why_not = passwords.why_not(text_of(fields, "password"), email, name)
    if why_not:
        raise Invalid("Nothing was changed.", fields={"password": why_not})
    return passwords.hashed(text_of(fields, "password"))


def router(entrance: Entrance) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    routes.add_api_route("/app/sign-in", entrance.show_sign_in, methods=["GET"])
    routes.add_api_route("/app/sign-in", entrance.sign_in, methods=["POST"], dependencies=[FromOurPages])
    routes.add_api_route("/app/sign-out", entrance.sign_out, methods=["POST"])
    routes.add_api_route("/app/forgotten", entrance.show_forgotten, methods=["GET"])
    routes.add_api_route("/app/forgotten", entrance.ask_for_reset, methods=["POST"], dependencies=[FromOurPages])
    routes.add_api_route("/app/link/{token}", entrance.show_link, methods=["GET"])
    routes.add_api_route("/app/link/{token}", entrance.use_link, methods=["POST"], dependencies=[FromOurPages])
    return routes
