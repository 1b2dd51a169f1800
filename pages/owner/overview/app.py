"""Assembles the overview of several shops: its page, its passcode, and the shops below it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from engine.open.open_shop import OpenShop
from engine.owner.shop_status import ShopStatus, first_line
from pages.access import AccessLog, route_labels
from pages.clock import Clock, machine_clock
from pages.owner.access.hosts import AllowedHosts
from pages.owner.access.session import Sessions
from pages.owner.access.sign_in import SignIn
from pages.owner.app import Entrance, FewThreads, create_owner_app, guarded_app
from pages.owner.errors import ErrorPages
from pages.owner.headers import DefaultHeaders
from pages.owner.overview.mounted_shops import MountedShop, MountedShops, OpenedPages
from pages.owner.overview.statuses import StatusCache
from pages.owner.render import OwnerRenderer
from pages.owner.site import PageSite
from pages.owner.static_files import StaticFiles
from settings.brand.appearance import PLAIN

NAME = "Shops"
PASSCODE_NAME = "REGULARS_OVERVIEW_PASSCODE"


@dataclass(frozen=True)
class MachinePlace:
    """Times of the overview are those of this machine: its shops may be in several zones."""

    zone: ZoneInfo
    currency: str = "EUR"  # no amount is shown


@dataclass(frozen=True, kw_only=True)
class OverviewSite(PageSite):
    """The overview: it belongs to no shop."""

    def layout(self, request: Request, *, signed_in: bool) -> dict[str, Any]:
        return {
            "shop_name": NAME,
            "stop": None,
            "rehearses": False,
            "entries": [],
            "is_overview": True,
        }


@dataclass(frozen=True)
class OverviewKeys:
    """What protects the overview alone: its `secret`, `passcode` and `entrance`."""

    secret: str
    passcode: str | None
    entrance: Entrance


def create_overview_app(
    shops: Mapping[str, Path],
    keys: OverviewKeys,
    *,
    open_pages: Callable[[Path], OpenedPages],
    hosts: AllowedHosts,
    zone: ZoneInfo,
    clock: Clock = machine_clock,
) -> ASGIApp:
    """Returns the ASGI app of the overview of `shops`, the owner's files by slug.

    `open_pages` opens the pages of one shop; they have a passcode, a secret and cookies of their
    own, and the session of the overview opens none of them.
    """
    static_files = StaticFiles(PLAIN)
    site = OverviewSite(
        clock=clock,
        renderer=OwnerRenderer(MachinePlace(zone), static_files.path),
        sessions=Sessions(keys.secret, keys.passcode, keys.entrance.signed_out),
    )
    error_pages = ErrorPages(site)
    entrance = keys.entrance
    routes = [
        static_files.route(),
        *SignIn(site, entrance.links, entrance.limit).routes(),
        *_list_routes(site, shops, clock),
    ]
    app = guarded_app(site, routes, hosts, error_pages)

    def unavailable(request: Request, error: Exception) -> Response:
        """Says nothing of why to a stranger: the reason may hold a path, a host or a name."""
        signed_in = hosts.refusal(request.headers) is None and site.sessions.read(request)
        sentence = first_line(error) if signed_in else CANNOT_BE_OPENED
        request.state.session = site.sessions.read(request) if signed_in else None
        return error_pages.response(request, 503, sentence)

    mounted = {slug: MountedShop(path, open_pages) for slug, path in shops.items()}
    own_app = AccessLog(FewThreads(app), labels=route_labels(routes))
    return DefaultHeaders(MountedShops(own_app, mounted, unavailable))


CANNOT_BE_OPENED = "This shop cannot be opened now. The overview says why."


def _list_routes(site: OverviewSite, shops: Mapping[str, Path], clock: Clock) -> list[Route]:
    """The list of the shops; the address of a shop without its last slash leads to it."""
    statuses = StatusCache(shops, clock)

    def show(request: Request) -> Response:
        current = statuses.current()
        rows = [_row(slug, status) for slug, status in current.by_slug.items()]
        return site.page(request, "overview.html", {"shops": rows, "as_of": current.as_of})

    def add_slash(request: Request) -> Response:
        if request.path_params["slug"] not in shops:
            raise HTTPException(404)
        return RedirectResponse(f"{request.url.path}/", 303)

    return [Route("/", show), Route("/s/{slug}", add_slash)]


def shop_pages(
    shop: OpenShop, entrance: Entrance, hosts: AllowedHosts, clock: Clock = machine_clock
) -> OpenedPages:
    """Returns the pages of `shop`, to be mounted below the overview."""
    return OpenedPages(create_owner_app(shop, entrance, hosts=hosts, clock=clock), shop)


def _row(slug: str, status: ShopStatus) -> dict[str, Any]:
    state = "bad" if status.trouble else "warning" if status.needs_attention else "good"
    return {
        "slug": slug,
        "name": status.name or status.path.parent.name,
        "state": state,
        "trouble": status.trouble,
        "mode": status.mode,
        "synced_at": status.synced_at,
        "ran_at": status.ran_at,
        "mails": status.mails,
        "reachable": status.reachable,
        "attention": list(status.attention),
        "notes": list(status.notes),
    }
