"""The sign-up page, and the page behind the link in the mail that it brings.

Whoever asks gets the same answer, for whatever address: nobody learns who is a customer here.
"""

from __future__ import annotations

from asyncio import Semaphore
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from engine.open.open_shop import OpenShop
from engine.signup.signup import (
    PendingSignUp,
    confirm_sign_up,
    find_pending,
    request_sign_up,
    wording,
)
from pages.clock import Clock
from pages.public.signup_form import FIELDS, PLACES, Form, Read, birthday_told, form_of, understood
from pages.rate_limit import Patience
from pages.render import Drawing
from pages.request_body import TooLarge, read
from pages.responses import page
from settings.days import MONTHS
from shop.consent.signup_config import SignUpPage
from shop.consent.signups import SignUpRequest

LARGEST = 8_000
SLOWEST = 10  # seconds to send it in
AT_ONCE = 4


def nobody_waits() -> None:
    """The next run finds it."""


def a_little() -> Patience:
    """A queue at the till is behind one address; so is whoever tries out a list."""
    return Patience(tries=10, a_minute=0.5)


@dataclass(frozen=True)
class SigningUp:
    """What each method does at /join and at /join/TOKEN."""

    shop: OpenShop
    drawing: Drawing
    clock: Clock
    signed_up: Callable[[], None] = nobody_waits
    patience: Patience = field(default_factory=a_little)
    strangers: Patience = field(default_factory=Patience)
    turns: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))

    async def ask(self, request: Request) -> Response:
        if request.method != "POST":
            return self._form(Form(dict.fromkeys(FIELDS, "")), Read())
        if not self.patience.tried(_who(request)):
            return page(self.drawing, "try-again", 429, Retry_After="120")
        try:
            form = form_of(await read(request, largest=LARGEST, slowest=SLOWEST))
        except TooLarge:
            return page(self.drawing, "try-again", 413)
        except (TimeoutError, ClientDisconnect):
            return page(self.drawing, "try-again", 408)
        if form is None:
            return page(self.drawing, "try-again", 400)
        return await self._take(form)

    async def confirm(self, request: Request) -> Response:
        """Scanners follow every link: looking confirms nothing, pressing does."""
        press = self._press if request.method == "POST" else self._look
        async with self.turns:
            return await run_in_threadpool(press, request)

    async def _take(self, form: Form) -> Response:
        found = understood(form, self._page.ask_for)
        if found.wrong:
            return self._form(form, found)
        if not form.by_robot:
            async with self.turns:
                kept = await run_in_threadpool(self._keep, found)
            if not kept:
                return page(self.drawing, "try-again", 429, Retry_After="3600")
            self.signed_up()
        return page(self.drawing, "join-look")

    def _keep(self, found: Read) -> bool:
        asked = SignUpRequest(found.address, found.first_name, found.birthday, self._says)
        return request_sign_up(self.shop, asked, now=self.clock())

    def _form(self, form: Form, found: Read) -> Response:
        words = {
            "says": self._says,
            "ask_for": self._page.ask_for,
            "typed": form.typed,
            "wrong": dict.fromkeys(PLACES) | found.wrong,
            "again": bool(found.wrong),
            "months": MONTHS,
        }
        return page(self.drawing, "join", 422 if found.wrong else 200, words)

    def _look(self, request: Request) -> Response:
        found = find_pending(self.shop, request.path_params["token"], now=self.clock())
        if found is None:
            return self._over(request)
        return page(self.drawing, "join-confirm", words=_told(found))

    def _press(self, request: Request) -> Response:
        """Whatever the body says, and before it is read."""
        if not confirm_sign_up(self.shop, request.path_params["token"], now=self.clock()):
            return self._over(request)
        return page(self.drawing, "join-done")

    def _over(self, request: Request) -> Response:
        if self.strangers.tried(_who(request)):
            return page(self.drawing, "join-over", 404)
        return page(self.drawing, "try-again", 429, Retry_After="60")

    @property
    def _page(self) -> SignUpPage:
        return self.shop.config.sign_up or SignUpPage()

    @property
    def _says(self) -> str:
        return wording(self.shop) or ""


def _told(found: PendingSignUp) -> dict[str, Any]:
    return {
        "says": found.wording,
        "address": found.address,
        "first_name": found.first_name,
        "birthday": birthday_told(found.birthday),
    }


def _who(request: Request) -> str | None:
    return request.client.host if request.client else None
