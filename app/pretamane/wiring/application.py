"""Everything that answers HTTP, inside its edge."""

from fastapi import APIRouter, Request, Response

from pretamane.accounts import api as accounts
from pretamane.accounts import entrance_pages, key_pages, profile_pages
from pretamane.accounts import pages as accounts_pages
from pretamane.accounts.open_desk import OpenDesk
from pretamane.accounts.recognition import SessionCookie, recognising
from pretamane.contacts import api as contacts
from pretamane.contacts import desk
from pretamane.core.errors import AppError
from pretamane.core.http.application import compose
from pretamane.core.http.body_limits import BodyLimits
from pretamane.core.http.cors import Cors
from pretamane.core.http.edge import Edge
from pretamane.core.http.origins import Origins
from pretamane.core.http.peers import Peers
from pretamane.core.http.problems import AsPage
from pretamane.core.http.rate_limits import RateLimits
from pretamane.core.idempotency import OnlyOnce
from pretamane.core.unit_of_work import UnitOfWork
from pretamane.desk import contact_documents
from pretamane.insights import api as insights
from pretamane.practice import api as practice
from pretamane.practice import pages as practice_pages
from pretamane.practice import queries as practice_queries
from pretamane.settings_mail import mail_server
from pretamane.system import administration, personal_pages
from pretamane.system import api as system
from pretamane.system import pages as system_pages
from pretamane.system.health import HealthCheck
from pretamane.web import assets, refusals
from pretamane.web.site import site
from pretamane.wiring.platform import Platform


def build_app(platform: Platform) -> Edge:
    settings, clock, work, limits = platform.settings, platform.clock, platform.work, platform.rate_limits
    as_page = _refusals_as_pages(work)
    intake = contacts.Intake(work, OnlyOnce(work, clock), limits, clock, settings.contact_limit)
    cookie = SessionCookie.at(settings.public_url)
    archive = platform.archive
    app = compose(
        [
            # Asked in this order, one by one: first where visitors come.
            *desk.routers(intake),
            practice.router,
            *_routers_of_accounts(work, limits, cookie),
            *archive.routers(),
            insights.router(work, limits, clock, settings.visit_limit),
            *_routers_of_system(platform),
            *_routers_of_settings(platform),
            assets.router,
        ],
        site(settings.site_dir),
        as_page,
    )
    app.state.work, app.state.public_url = work, settings.public_url
    app.state.beside_a_contact = contact_documents.beside_a_contact(settings.upload_limit)
    app.state.authenticate = recognising(platform.database, clock, cookie)
    return Edge(
        app,
        cors=Cors({settings.public_url, *settings.cors_origins}),
        peers=Peers(settings.trusted_proxies, settings.client_address_header),
        clock=clock,
        body_limits=BodyLimits(settings.body_limit, archive.body_limits()),
        as_page=as_page,
        origins=Origins(settings.files_url),
    )


def _routers_of_settings(platform: Platform) -> list[APIRouter]:
    mail_goes_out = mail_server(platform.settings.mail_url.get_secret_value()) is not None
    personal = personal_pages.PersonalPages(platform.work, platform.archive.store, platform.post.mailer)
    return [
        personal_pages.router(personal),
        practice_pages.router,
        system_pages.router,
        system_pages.first_run_pages(system_pages.FirstRun(mail_goes_out=mail_goes_out)),
    ]


def _routers_of_accounts(work: UnitOfWork, limits: RateLimits, cookie: SessionCookie) -> list[APIRouter]:
    open_desk = OpenDesk(work, limits)
    return [
        accounts.router,
        accounts_pages.router,
        entrance_pages.router(entrance_pages.Entrance(work, limits, cookie)),
        profile_pages.router(profile_pages.ProfilePage(work, open_desk, cookie)),
        key_pages.router(key_pages.KeysPage(work, open_desk)),
    ]


def _routers_of_system(platform: Platform) -> list[APIRouter]:
    health = HealthCheck(platform.dependencies, platform.clock)
    known = administration.Administration(platform.work, health, platform.settings.data_dir, platform.clock)
    return [
        system.router,
        system.readiness(platform.why_not_ready),
        system.dependencies(health),
        administration.router(known),
    ]


def _refusals_as_pages(work: UnitOfWork) -> AsPage:
    def as_page(request: Request, refusal: AppError) -> Response:
        """What failed here may be the very database that knows the practice's face."""
        practice = None if refusal.status >= 500 else practice_queries.face(work)
        return refusals.page(request, refusal, practice)

    return as_page
