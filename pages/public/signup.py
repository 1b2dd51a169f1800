"""The sign-up page, and the confirmation page behind the link in its mail.

The response is the same for every address: it does not reveal whether an address is known.
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
    page_language,
    place_of,
    request_sign_up,
    wording,
)
from pages.clock import Clock
from pages.public.requested_language import visitor_language
from pages.public.signup_form import (
    ERROR_FIELDS,
    FIELDS,
    Form,
    ParsedForm,
    decode_form,
    format_birthday,
    parse_form,
)
from pages.rate_limit import SITE_PREFIX, RateLimit, network_of
from pages.render import PageRenderer
from pages.request_body import BodyTooLargeError, read_body
from pages.responses import page_response
from shop.consent.signup_config import SignUpPage
from shop.consent.signups import SignUpRequest
from templates.language import Language

MAX_BODY_BYTES = 8_000
MAX_BODY_SECONDS = 10  # seconds to send it in
MAX_CONCURRENT = 4


def ignore_sign_up() -> None:
    """Does nothing: the next run sends the confirmation."""


def sign_up_rate_limit() -> RateLimit:
    """Returns a generous burst, since a queue at the till shares one address, but a slow refill."""
    return RateLimit(burst=10, per_minute=0.5, ipv6_prefix=SITE_PREFIX)


@dataclass(frozen=True)
class SignUpHandler:
    """Handles /join and /join/TOKEN."""

    shop: OpenShop
    renderer: PageRenderer
    clock: Clock
    on_sign_up: Callable[[], None] = ignore_sign_up
    rate_limit: RateLimit = field(default_factory=sign_up_rate_limit)
    unknown_link_limit: RateLimit = field(default_factory=RateLimit)
    slots: Semaphore = field(default_factory=lambda: Semaphore(MAX_CONCURRENT))

    async def handle_form(self, request: Request) -> Response:
        """Handles /join.

        GET shows the form. POST reads the body within limits, parses it and stores the sign-up;
        invalid fields return the form with status 422.
        """
        language = self._form_language(request)
        if request.method != "POST":
            return self._form_page(Form(dict.fromkeys(FIELDS, "")), ParsedForm(), language)
        if not self.rate_limit.acquire(_client_host(request)):
            return page_response(
                self.renderer, "try-again", 429, language=language, Retry_After="120"
            )
        try:
            form = decode_form(
                await read_body(request, max_bytes=MAX_BODY_BYTES, max_seconds=MAX_BODY_SECONDS)
            )
        except BodyTooLargeError:
            return page_response(self.renderer, "try-again", 413, language=language)
        except (TimeoutError, ClientDisconnect):
            return page_response(self.renderer, "try-again", 408, language=language)
        if form is None:
            return page_response(self.renderer, "try-again", 400, language=language)
        place = place_of(self.shop, network_of(_client_host(request)))
        return await self._process(form, place, language)

    def _form_language(self, request: Request) -> Language:
        """Of the form, its errors and the sentence that people agree to."""
        wanted = visitor_language(self.shop.config, request)
        return self.renderer.page_language("join", page_language(self.shop, wanted))

    async def handle_confirmation(self, request: Request) -> Response:
        """GET shows a button, POST confirms: link scanners send GET requests."""
        action = self._confirm if request.method == "POST" else self._confirmation_page
        async with self.slots:
            return await run_in_threadpool(action, request)

    async def _process(self, form: Form, place: str, language: Language) -> Response:
        parsed = parse_form(form, self._config.ask_for)
        if parsed.errors:
            return self._form_page(form, parsed, language)
        if not form.is_robot:
            async with self.slots:
                accepted = await run_in_threadpool(self._store, parsed, place, language)
            if not accepted:
                return page_response(
                    self.renderer, "try-again", 429, language=language, Retry_After="3600"
                )
            self.on_sign_up()
        return page_response(self.renderer, "join-look", language=language)

    def _store(self, parsed: ParsedForm, place: str, language: Language) -> bool:
        sign_up = SignUpRequest(
            parsed.address,
            parsed.first_name,
            parsed.birthday,
            self._consent_text(language),
            place,
            None if self.shop.config.is_english_only else language.code,
        )
        return request_sign_up(self.shop, sign_up, now=self.clock())

    def _form_page(self, form: Form, parsed: ParsedForm, language: Language) -> Response:
        sentences = language.sentences("public_pages")
        errors = {name: getattr(sentences, error) for name, error in parsed.errors.items()}
        variables = {
            "says": self._consent_text(language),
            "ask_for": self._config.ask_for,
            "typed": form.fields,
            "wrong": dict.fromkeys(ERROR_FIELDS) | errors,
            "again": bool(errors),
            "months": language.months(),
        }
        status = 422 if errors else 200
        return page_response(self.renderer, "join", status, variables, language)

    def _confirmation_page(self, request: Request) -> Response:
        pending = find_pending(self.shop, request.path_params["token"], now=self.clock())
        if pending is None:
            return self._unknown_link(request)
        wanted = self._reader_language(pending, request)
        language = self.renderer.page_language("join-confirm", wanted)
        variables = _confirmation_variables(pending, language)
        return page_response(self.renderer, "join-confirm", variables=variables, language=language)

    def _confirm(self, request: Request) -> Response:
        """Confirms by the token in the path alone; the body is not read."""
        token, now = request.path_params["token"], self.clock()
        pending = find_pending(self.shop, token, now=now)
        if pending is None or not confirm_sign_up(self.shop, token, now=now):
            return self._unknown_link(request)
        language = self._reader_language(pending, request)
        return page_response(self.renderer, "join-done", language=language)

    def _reader_language(self, pending: PendingSignUp, request: Request) -> Language:
        """That of the form they filled in, which their mail was in too."""
        if pending.language:
            return self.shop.config.customer_language(pending.language)
        return visitor_language(self.shop.config, request)

    def _unknown_link(self, request: Request) -> Response:
        language = visitor_language(self.shop.config, request)
        if self.unknown_link_limit.acquire(_client_host(request)):
            return page_response(self.renderer, "join-over", 404, language=language)
        return page_response(self.renderer, "try-again", 429, language=language, Retry_After="60")

    @property
    def _config(self) -> SignUpPage:
        return self.shop.config.sign_up or SignUpPage()

    def _consent_text(self, language: Language) -> str:
        return wording(self.shop, language) or ""


def _confirmation_variables(pending: PendingSignUp, language: Language) -> dict[str, Any]:
    return {
        "says": pending.wording,
        "address": pending.address,
        "first_name": pending.first_name,
        "birthday": format_birthday(pending.birthday, language),
    }


def _client_host(request: Request) -> str | None:
    return request.client.host if request.client else None
