"""The page Health: sources, runs, the doctor, and what needs attention."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.owner.health import load_health
from pages.owner.site import NavEntry, OwnerSite

NAV: NavEntry | None = NavEntry("Health", "/health")


def routes(site: OwnerSite) -> list[Route]:
    """Returns the route of the page."""

    def show(request: Request) -> Response:
        with site.read() as connection:
            health = load_health(connection, site.shop, now=site.now())
        return site.page(request, "health.html", {"health": health})

    return [Route("/health", show)]
