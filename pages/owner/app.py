"""Assembles the owner's pages: the registry of page modules, routes, middleware, error pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from anyio.to_thread import current_default_thread_limiter
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from engine.open.open_shop import OpenShop
from pages.access import AccessLog, route_labels
from pages.clock import Clock, machine_clock
from pages.owner import calendar, customers, health, rules, tasks, today, waiting
from pages.owner.access.guard import AccessGuard
from pages.owner.access.hosts import LOOPBACK, AllowedHosts
from pages.owner.access.passcode import OneTimeLinks, TryLimit
from pages.owner.access.session import Sessions
from pages.owner.access.sign_in import SignIn
from pages.owner.access.signed_out import SignedOut
from pages.owner.errors import ErrorPages
from pages.owner.headers import DefaultHeaders
from pages.owner.render import OwnerRenderer
from pages.owner.site import NavEntry, OwnerSite, PageSite
from pages.owner.static_files import StaticFiles
from pages.request_head import RequestHeadGuard
from settings.errors import UnavailableError

MAX_THREADS = 2  # of handlers: many open tabs must not delay what this process sends


class Page(Protocol):
    """A module of a page."""

    NAV: NavEntry | None

    def routes(self, site: OwnerSite) -> list[Route]:
        """Returns the page's routes; their handlers are sync functions, run in threads."""
        ...


PAGES: tuple[Page, ...] = (today, waiting, tasks, customers, rules, calendar, health)
"""The pages, in the order of the navigation."""


@dataclass(frozen=True)
class Entrance:
    """What outlives a change of the config: unused links, tries, and ended sessions."""

    links: OneTimeLinks = field(default_factory=OneTimeLinks)
    limit: TryLimit = field(default_factory=TryLimit)
    signed_out: SignedOut = field(default_factory=SignedOut)


def create_owner_app(
    shop: OpenShop,
    entrance: Entrance,
    *,
    hosts: AllowedHosts | None = None,
    clock: Clock = machine_clock,
    pages: Sequence[Page] = PAGES,
) -> ASGIApp:
    """Returns the ASGI app of the owner's pages.

    Args:
        shop: The open shop.
        entrance: Links, tries and ended sessions; the same for every app of one process.
        hosts: The hosts that are answered; those of this machine and of `pages:` when absent.
        clock: Returns the current time of the pages; sessions go by the machine's clock.
        pages: The modules of the pages.
    """
    static_files = StaticFiles(shop.appearance)
    site = _open_site(shop, entrance, clock, pages, static_files)
    routes = [
        static_files.route(),
        *SignIn(site, entrance.links, entrance.limit).routes(),
        *(route for page in pages for route in page.routes(site)),
        Route("/", partial(_to_first_page, site)),  # unless a page is there
    ]
    app = guarded_app(site, routes, hosts or allowed_hosts(shop), ErrorPages(site))
    return AccessLog(DefaultHeaders(FewThreads(app)), labels=route_labels(routes))


def _open_site(
    shop: OpenShop,
    entrance: Entrance,
    clock: Clock,
    pages: Sequence[Page],
    static_files: StaticFiles,
) -> OwnerSite:
    settings = shop.config.pages
    passcode = settings.passcode.reveal() if settings and settings.passcode else None
    return OwnerSite(
        shop=shop,
        clock=clock,
        renderer=OwnerRenderer(shop.config.shop, static_files.path),
        sessions=Sessions(shop.secret, passcode, entrance.signed_out),
        navigation=[page.NAV for page in pages if page.NAV],
    )


def guarded_app(
    site: PageSite, routes: Sequence[Route], hosts: AllowedHosts, error_pages: ErrorPages
) -> ASGIApp:
    """Returns the `routes` of `site` behind the guards; a path is never redirected to one with
    another slash.
    """
    app = Starlette(
        routes=routes,
        exception_handlers={
            HTTPException: error_pages.http_error,
            UnavailableError: error_pages.unavailable,
            NoConnection: error_pages.unavailable,
            Exception: error_pages.server_error,
        },
        middleware=[
            Middleware(RequestHeadGuard),
            Middleware(
                AccessGuard,
                hosts=hosts,
                sessions=site.sessions,
                error_response=error_pages.response,
            ),
        ],
    )
    app.router.redirect_slashes = False
    return app


def _to_first_page(site: OwnerSite, request: Request) -> Response:
    return site.redirect(request, site.navigation[0].path)


def allowed_hosts(shop: OpenShop) -> AllowedHosts:
    """Returns the hosts that the pages of `shop` are answered under."""
    settings = shop.config.pages
    if settings is None:
        return AllowedHosts()
    return AllowedHosts(settings.address, settings.listen_on or LOOPBACK)


class FewThreads:
    """ASGI middleware that lets at most MAX_THREADS handlers of its event loop run at once."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        current_default_thread_limiter().total_tokens = MAX_THREADS
        await self._app(scope, receive, send)
