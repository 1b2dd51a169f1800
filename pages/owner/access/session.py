"""Sessions of the owner's pages, kept in signed cookies, and the devices that are known.

Cookies do not tell ports apart: their names carry a tag of the shop, so that the pages of several
shops on one machine have theirs.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import HTTPConnection
from starlette.responses import Response

from pages.owner.access.signed_out import SignedOut
from pages.owner.access.signer import Signer

DAY = 86_400  # seconds
SESSION_SECONDS = 14 * DAY
DEVICE_SECONDS = 365 * DAY
VISIT_SECONDS = DAY // 24  # to fill in the form of the passcode
NOTICE_SECONDS = 60


@dataclass(frozen=True)
class Session:
    """A browser that has given the passcode; `form_token` belongs into each of its forms."""

    id: str = field(repr=False)
    form_token: str = field(repr=False)


@dataclass(frozen=True)
class Sessions:
    """Begins, recognises and ends sessions.

    All of them end when the `passcode` changes, since it is part of their key.
    """

    secret: str = field(repr=False)
    passcode: str | None = field(repr=False, default=None)
    signed_out: SignedOut = field(default_factory=SignedOut)
    clock: Callable[[], float] = time.time

    def read(self, connection: HTTPConnection) -> Session | None:
        """Returns the session of a request; None without a valid one."""
        session_id = self._read("session", connection)
        if not session_id or self.signed_out.contains(session_id, self.clock()):
            return None
        return Session(session_id, self._signer("form").digest(session_id))

    def begin(self, connection: HTTPConnection, response: Response) -> None:
        """Gives the browser a session of a new id, and makes its device known.

        The id of an earlier session is not taken over.
        """
        self.end(connection, response)
        self._write("session", connection, response, secrets.token_urlsafe(24), SESSION_SECONDS)
        device = self.device(connection) or secrets.token_urlsafe(24)
        self._write("device", connection, response, device, DEVICE_SECONDS)

    def end(self, connection: HTTPConnection, response: Response) -> None:
        """Ends the session of a request, also for a copy of its cookie."""
        session_id = self._read("session", connection)
        if session_id:
            self.signed_out.add(session_id, self.clock() + SESSION_SECONDS, self.clock())
        self._delete("session", connection, response)

    def device(self, connection: HTTPConnection) -> str | None:
        """Returns the id of a device on which the passcode was given before; else None."""
        return self._read("device", connection)

    def visit(self, connection: HTTPConnection) -> Session | None:
        """Returns what protects the form of the passcode, before there is a session."""
        visit_id = self._read("visit", connection)
        return Session(visit_id, self._signer("visit form").digest(visit_id)) if visit_id else None

    def begin_visit(self, connection: HTTPConnection) -> tuple[Session, Callable[[Response], None]]:
        """Returns a new visit, and what writes its cookie into the response."""
        visit_id = secrets.token_urlsafe(24)
        visit = Session(visit_id, self._signer("visit form").digest(visit_id))
        return visit, lambda response: self._write(
            "visit", connection, response, visit_id, VISIT_SECONDS
        )

    def write_notice(self, connection: HTTPConnection, response: Response, notice: str) -> None:
        """Keeps a sentence for the next page."""
        self._write("notice", connection, response, notice[:500], NOTICE_SECONDS)

    def read_notice(self, connection: HTTPConnection) -> str | None:
        return self._read("notice", connection)

    def delete_notice(self, connection: HTTPConnection, response: Response) -> None:
        self._delete("notice", connection, response)

    def cookie_name(self, purpose: str) -> str:
        return f"regulars-{Signer(self.secret, 'cookie').digest('name')[:8]}-{purpose}"

    def _signer(self, purpose: str) -> Signer:
        """A known device stays known when the passcode changes."""
        if purpose == "device":
            return Signer(self.secret, purpose)
        return Signer(self.secret, f"{purpose}/{self.passcode or ''}")

    def _read(self, purpose: str, connection: HTTPConnection) -> str | None:
        token = connection.cookies.get(self.cookie_name(purpose), "")
        return self._signer(purpose).verify(token, self.clock())

    def _write(
        self, purpose: str, connection: HTTPConnection, response: Response, text: str, seconds: int
    ) -> None:
        response.set_cookie(
            self.cookie_name(purpose),
            self._signer(purpose).sign(text, self.clock() + seconds),
            max_age=seconds,
            path=_cookie_path(connection),
            secure=connection.url.scheme == "https",
            httponly=True,
            samesite="strict",
        )

    def _delete(self, purpose: str, connection: HTTPConnection, response: Response) -> None:
        if self.cookie_name(purpose) in connection.cookies:
            response.delete_cookie(
                self.cookie_name(purpose),
                path=_cookie_path(connection),
                secure=connection.url.scheme == "https",
                httponly=True,
                samesite="strict",
            )


def _cookie_path(connection: HTTPConnection) -> str:
    """The pages of one shop among several have theirs below a path."""
    return f"{connection.scope.get('root_path', '')}/"
