"""All that can be reached, and what everything else is answered."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.open.open_shop import OpenShop
from mail.senders.sendgrid.webhook_signature import WebhookSignature
from pages.clock import Clock, machine_clock
from pages.public.signup import SignUpHandler, ignore_sign_up
from pages.public.unsubscribe import UnsubscribeHandler
from pages.render import PageRenderer
from pages.responses import options_response, page_response, text_response
from pages.webhooks.delivery_events import Webhook
from settings.errors import UnavailableError


def create_app(
    shop: OpenShop, clock: Clock = machine_clock, on_sign_up: Callable[[], None] = ignore_sign_up
) -> Starlette:
    """What the shop shows to the world; `on_sign_up` hears that somebody waits for a mail."""
    renderer = PageRenderer(shop.folder, {"shop": shop.config.shop}, shop.language)
    error_pages = ErrorPages(renderer)
    unsubscribe = UnsubscribeHandler(shop, renderer, clock)
    app = Starlette(
        routes=[
            Route("/u/{token}", unsubscribe.handle, methods=["GET", "POST"]),
            *_sign_up_routes(SignUpHandler(shop, renderer, clock, on_sign_up)),
            *_webhook_routes(shop, clock),
            Route("/health", health),
        ],
        exception_handlers={
            HTTPException: error_pages.http_error,
            UnavailableError: error_pages.unavailable,
            NoConnection: error_pages.unavailable,
            Exception: error_pages.server_error,
        },
    )
    app.router.redirect_slashes = False  # RFC 8058 §3.1: no redirect
    return app


def _sign_up_routes(handler: SignUpHandler) -> list[Route]:
    """Only where the owner has said what people say yes to."""
    if handler.shop.config.sign_up is None:
        return []
    methods = ["GET", "POST"]
    return [
        Route("/join", handler.handle_form, methods=methods),
        Route("/join/{token}", handler.handle_confirmation, methods=methods),
    ]


def _webhook_routes(shop: OpenShop, clock: Clock) -> list[Route]:
    """Without a key nobody could tell who speaks: then nobody is heard."""
    account = shop.config.sending.sendgrid
    if account is None or account.webhook_key is None:
        return []
    webhook = Webhook(shop, WebhookSignature(account.webhook_key.reveal()), clock)
    return [Route("/hooks/sendgrid", webhook.receive, methods=["POST"])]


async def health(_request: Request) -> Response:
    return text_response("ok")


class ErrorPages:
    """What is answered where there is nothing, and where something did not work."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer

    async def http_error(self, request: Request, error: Exception) -> Response:
        """Nothing there, or not in this way."""
        if isinstance(error, HTTPException) and error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "")
            return options_response(request.method, allowed.split(", "))
        return page_response(self._renderer, "not-here", 404)

    async def unavailable(self, _request: Request, _error: Exception) -> Response:
        """The database is busy or away: nothing is kept, and it may be said again."""
        return page_response(self._renderer, "try-again", 503, Retry_After="60")

    async def server_error(self, _request: Request, _error: Exception) -> Response:
        return page_response(self._renderer, "try-again", 500)
