"""The page Health: sources, runs, the doctor, and what needs attention."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.owner.site import NavEntry, OwnerSite

NAV: NavEntry | None = NavEntry("Health", "/health")


def routes(site: OwnerSite) -> list[Route]:
    """Returns the route of the page."""

    def show(request: Request) -> Response:
        return site.page(request, "health.html", {})

    return [Route("/health", show)]
