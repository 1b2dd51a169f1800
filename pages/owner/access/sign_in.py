"""The page of the passcode, one-time links, and signing out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pages.owner.access.guard import SIGN_IN
from pages.owner.access.own_path import is_own_path
from pages.owner.access.passcode import OneTimeLinks, TryLimit, is_passcode
from pages.owner.site import PageSite

WRONG = "That is not the passcode."
TOO_MANY = "Too many tries. Wait a minute, then try again."


@dataclass(frozen=True)
class SignIn:
    """Handles /sign-in, /link/TOKEN and /sign-out."""

    site: PageSite
    links: OneTimeLinks = field(default_factory=OneTimeLinks)
    limit: TryLimit = field(default_factory=TryLimit)

    @property
    def passcode(self) -> str | None:
        """None where none is configured: links alone open the pages."""
        return self.site.sessions.passcode

    def routes(self) -> list[Route]:
        return [
            Route(SIGN_IN, self.show_form, methods=["GET"]),
            Route(SIGN_IN, self.check_passcode, methods=["POST"]),
            Route("/link/{token}", self.show_link, methods=["GET"]),
            Route("/link/{token}", self.use_link, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
        ]

    def show_form(self, request: Request) -> Response:
        """Shows the form; who has a session goes on to the page."""
        if request.state.session:
            return self.site.redirect(request, own_path(request.query_params.get("page", "")))
        return self._form_page(request)

    def check_passcode(self, request: Request) -> Response:
        """Begins a session if the passcode is right, and a try is left."""
        form = self.site.form(request)
        if self.passcode is None:
            return self._form_page(request)
        if not self._has_try(request):
            return self._form_page(request, mistake=TOO_MANY, status=429)
        if not is_passcode(form.get("passcode", ""), self.passcode):
            return self._form_page(request, mistake=WRONG, status=403)
        return self._begin(request, own_path(form.get("page", "")))

    def show_link(self, request: Request) -> Response:
        """Shows a button: programs that open links in advance do not use the link up."""
        if not self.links.is_valid(request.path_params["token"]):
            raise HTTPException(404)
        return self._visit_page(request, "link.html", {})

    def use_link(self, request: Request) -> Response:
        """Begins a session, once. A token has 256 bits: tries need no limit."""
        if not self.links.use(request.path_params["token"]):
            raise HTTPException(404)
        return self._begin(request, "/")

    def sign_out(self, request: Request) -> Response:
        """Ends the session."""
        response = self.site.redirect(request, SIGN_IN)
        self.site.sessions.end(request, response)
        return response

    def _has_try(self, request: Request) -> bool:
        address = request.client.host if request.client else None
        return self.limit.acquire(address, self.site.sessions.device(request))

    def _begin(self, request: Request, path: str) -> Response:
        response = self.site.redirect(request, path)
        self.site.sessions.begin(request, response)
        return response

    def _form_page(self, request: Request, *, mistake: str = "", status: int = 200) -> Response:
        form = getattr(request.state, "form", request.query_params)
        variables = {
            "has_passcode": self.passcode is not None,
            "mistake": mistake,
            "page": own_path(form.get("page", "")),
        }
        response = self._visit_page(request, "sign-in.html", variables, status=status)
        if status == 429:
            response.headers["Retry-After"] = "60"
        return response

    def _visit_page(
        self, request: Request, template: str, variables: dict[str, Any], *, status: int = 200
    ) -> Response:
        """A page before there is a session: its form is protected by the cookie of a visit.

        Who opens a link with a session has that of the session: the guard asks for its token.
        """
        sessions = self.site.sessions
        visit = request.state.session or sessions.visit(request)
        write_cookie = None
        if visit is None:
            visit, write_cookie = sessions.begin_visit(request)
        response = self.site.page_of_visit(request, template, variables, visit, status=status)
        if write_cookie:
            write_cookie(response)
        return response


def own_path(path: str) -> str:
    """Returns `path` if it is one of these pages, else that of the first page."""
    return path if is_own_path(path) and not path.startswith(SIGN_IN) else "/"
