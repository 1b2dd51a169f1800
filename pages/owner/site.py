"""What the handlers of the owner's pages are given: the shop, the time, pages and forms."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from starlette._utils import get_route_path
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from engine.live.fingerprint import delivers_locally
from engine.open.open_shop import OpenShop
from pages.clock import Clock
from pages.owner.access.forgery import FormFields
from pages.owner.access.session import Session, Sessions
from pages.owner.last_pages import LastPage, LastPages
from pages.owner.render import OwnerRenderer, PageContext
from settings.errors import UnavailableError
from shop.db.engine import read_transaction
from shop.db.stops import load_stops

Badge = Callable[[Connection], int]


@dataclass(frozen=True)
class NavEntry:
    """A page in the navigation; `badge` counts what waits there, quickly and on each page."""

    label: str
    path: str
    badge: Badge | None = None


@dataclass(frozen=True, kw_only=True)
class PageSite(ABC):
    """Pages behind a passcode: of one shop, or the overview of several."""

    clock: Clock
    renderer: OwnerRenderer
    sessions: Sessions
    last_pages: LastPages = field(default_factory=LastPages)

    @abstractmethod
    def layout(self, request: Request, *, signed_in: bool) -> dict[str, Any]:
        """Returns what `layout.html` shows of the shop: `shop_name`, `rehearses` and `entries`."""

    def now(self) -> datetime:
        """Returns the current time, or the one that `--at` has fixed."""
        return self.clock()

    def page(
        self, request: Request, template: str, variables: Mapping[str, Any], *, status: int = 200
    ) -> Response:
        """Returns the page of a `template` that extends `layout.html`.

        `variables` are plain values: while the database is busy they are shown again.
        """
        now = self.now()
        if request.method == "GET" and status == 200:
            self.last_pages.keep(_address(request), LastPage(template, variables, now))
        return self._draw(request, template, variables, status=status)

    def page_of_before(self, request: Request) -> Response | None:
        """Returns the page as it was drawn last, with *as of*; None where there is none."""
        if request.method != "GET":
            return None
        last = self.last_pages.find(_address(request), self.now())
        if last is None:
            return None
        return self._draw(request, last.template, last.variables, as_of=last.as_of)

    def page_of_visit(
        self,
        request: Request,
        template: str,
        variables: Mapping[str, Any],
        visit: Session,
        *,
        status: int = 200,
    ) -> Response:
        """Returns a page for a browser without a session; its form carries the token of `visit`."""
        return self._draw(request, template, variables, status=status, visit=visit)

    def redirect(self, request: Request, path: str, notice: str = "") -> Response:
        """Returns a redirect (303) to another page, which shows the `notice` once.

        For the end of a POST: reloading the page then repeats nothing.
        """
        response = RedirectResponse(f"{request.scope.get('root_path', '')}{path}", 303)
        if notice:
            self.sessions.write_notice(request, response, notice)
        return response

    def form(self, request: Request) -> FormFields:
        """Returns the fields of a POST; `getlist(name)` gives those of the same name.

        The token of the session was checked before the handler was called.
        """
        fields: FormFields = request.state.form
        return fields

    def _draw(
        self,
        request: Request,
        template: str,
        variables: Mapping[str, Any],
        *,
        status: int = 200,
        as_of: datetime | None = None,
        visit: Session | None = None,
    ) -> Response:
        session: Session | None = getattr(request.state, "session", None)
        notice = self.sessions.read_notice(request) if session else None
        form_token = getattr(visit or session, "form_token", "")
        page_context = PageContext(request.scope.get("root_path", ""), form_token, self.now())
        layout = self.layout(request, signed_in=session is not None) | {
            "notice": notice,
            "as_of": as_of,
            "signed_in": session is not None,
        }
        html = self.renderer.render(template, page_context, {**variables, "layout": layout})
        response = HTMLResponse(html, status)
        if notice:
            self.sessions.delete_notice(request, response)
        return response


@dataclass(frozen=True, kw_only=True)
class OwnerSite(PageSite):
    """The pages of one shop."""

    shop: OpenShop
    navigation: Sequence[NavEntry] = ()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads. What the page shows is loaded within it."""
        with read_transaction(self.shop.engine) as connection:
            yield connection

    def layout(self, request: Request, *, signed_in: bool) -> dict[str, Any]:
        return {
            "shop_name": self.shop.config.shop.name,
            "stop": self._stop() if signed_in else None,
            "rehearses": delivers_locally(self.shop.config),
            "entries": self._entries(request) if signed_in else [],
            "is_overview": False,
        }

    def _entries(self, request: Request) -> list[dict[str, Any]]:
        path = get_route_path(request.scope)
        return [
            {
                "label": entry.label,
                "path": entry.path,
                "is_current": _is_below(path, entry.path),
                "badge": self._badge(entry.badge),
            }
            for entry in self.navigation
        ]

    def _stop(self) -> tuple[datetime, str | None] | None:
        """Since when and why all mail is held; None where it is not, or the database is busy."""
        try:
            with self.read() as connection:
                return load_stops(connection).get(None)
        except UnavailableError:
            return None

    def _badge(self, badge: Badge | None) -> int:
        """A page is shown without the number if the database is busy."""
        if badge is None:
            return 0
        try:
            with self.read() as connection:
                return badge(connection)
        except UnavailableError:
            return 0


def _address(request: Request) -> str:
    return f"{get_route_path(request.scope)}?{request.url.query}"


def _is_below(path: str, entry_path: str) -> bool:
    return path == entry_path or (entry_path != "/" and path.startswith(f"{entry_path}/"))
