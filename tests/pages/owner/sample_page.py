"""Test page with all parts of pages: tiles, chips, charts, lists, buttons."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from jinja2 import FileSystemLoader
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.owner.render import FOLDER
from pages.owner.site import NavEntry, OwnerSite
from tests.cafe import HOUR, MARCH

NAV: NavEntry | None = NavEntry("Sample", "/", badge=lambda connection: 3)
HOSTILE = "</script><script>alert(1)</script>"
TODAY = date(2026, 3, 3)
DAYS = [
    {"day": (TODAY - timedelta(days=age)).isoformat(), "returning": 20 + age % 17, "new": age % 6}
    for age in range(89, -1, -1)
]
PEOPLE = [
    {"name": HOSTILE, "away": 23, "usual": 6},
    {"name": "Marta Lopes", "away": 19, "usual": 7},
    {"name": "Wilhelmina von der Langenstraße", "away": 31, "usual": 14},
    {"name": "Tiago Reis", "away": 1, "usual": 13},
]


def routes(site: OwnerSite) -> list[Route]:
    environment = site.renderer._environment
    environment.loader = FileSystemLoader([FOLDER, Path(__file__).parent])

    def show(request: Request) -> Response:
        variables = {
            "name": HOSTILE, "earlier": MARCH - HOUR, "now": site.now(), "people": PEOPLE,
            "daily": {"days": DAYS, "current": TODAY.isoformat(),
                      "labels": {"returning": "had been here before", "new": "new"}},
            "days": [(row["day"], row["new"], row["returning"]) for row in DAYS],
            "people_rows": [(row["name"], row["away"], row["usual"]) for row in PEOPLE],
        }  # fmt: skip
        return site.page(request, "sample.html", variables)

    def done(request: Request) -> Response:
        return site.redirect(request, "/", f"Done: {site.form(request)['task']}")

    return [Route("/", show), Route("/done", done, methods=["POST"])]
