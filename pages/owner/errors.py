"""Error pages of the owner's pages: a heading, and a sentence that says what to do."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pages.owner.site import PageSite

BUSY = "The database is busy. Nothing was changed; try again in a minute."
HEADINGS = {
    400: ("That was no form", "Go back, load the page again, and repeat it."),
    403: (
        "Not from here",
        "This did not come from a page that was opened here. Load the page again, and repeat it.",
    ),
    404: (
        "Nothing is here",
        "Nobody and nothing has this address. It may have been mistyped, or no longer exists.",
    ),
    405: ("This is not done here", "Go back to the page you came from."),
    408: ("That took too long", "The form did not arrive in time. Try again."),
    413: ("That is too much", "The form holds more than these pages accept. Do it in parts."),
    415: ("That was no form", "Go back, load the page again, and repeat it."),
    429: ("Too many tries", "Wait a minute, then try again."),
    500: (
        "Something went wrong here",
        "The fault is in Regulars. The log of regulars serve says where.",
    ),
    503: ("Try again in a minute", BUSY),
}


class ErrorPages:
    """Draws error pages, and the page of before while the database is busy."""

    def __init__(self, site: PageSite) -> None:
        self._site = site

    def response(self, request: Request, status: int, sentence: str | None = None) -> Response:
        """Returns the page of a `status`, with another `sentence` than the usual one if given."""
        heading, usual = HEADINGS.get(status, HEADINGS[500])
        response = self._site.page(
            request, "error.html", {"heading": heading, "sentence": sentence or usual},
            status=status,
        )  # fmt: skip
        if status in (429, 503):
            response.headers["Retry-After"] = "60"
        return response

    def http_error(self, request: Request, error: Exception) -> Response:
        """Returns the page of an HTTPException, such as 404 for an id of nobody."""
        status = error.status_code if isinstance(error, HTTPException) else 500
        response = self.response(request, status)
        for name, text in (getattr(error, "headers", None) or {}).items():
            response.headers[name] = text
        return response

    def unavailable(self, request: Request, _error: Exception) -> Response:
        """Returns the page of before, else 503."""
        return self._site.page_of_before(request) or self.response(request, 503)

    def server_error(self, request: Request, _error: Exception) -> Response:
        return self.response(request, 500)
