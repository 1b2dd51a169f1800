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
from pages.public.signup import SigningUp, nobody_waits
from pages.public.unsubscribe import Unsubscribing
from pages.render import Drawing
from pages.responses import methods, page, word
from pages.webhooks.delivery_events import Webhook
from settings.errors import OutOfReach


def public_pages(
    shop: OpenShop, clock: Clock = machine_clock, signed_up: Callable[[], None] = nobody_waits
) -> Starlette:
    """What the shop shows to the world; `signed_up` hears that somebody waits for a mail."""
    drawing = Drawing(shop.folder, {"shop": shop.config.shop})
    answers = Elsewhere(drawing)
    unsubscribing = Unsubscribing(shop, drawing, clock)
    app = Starlette(
        routes=[
            Route("/u/{token}", unsubscribing.answer, methods=["GET", "POST"]),
            *_sign_up(SigningUp(shop, drawing, clock, signed_up)),
            *_hooks(shop, clock),
            Route("/health", health),
        ],
        exception_handlers={
            HTTPException: answers.refused,
            OutOfReach: answers.unable,
            NoConnection: answers.unable,
            Exception: answers.failed,
        },
    )
    app.router.redirect_slashes = False  # RFC 8058 §3.1: no redirect
    return app


def _sign_up(signing_up: SigningUp) -> list[Route]:
    """Only where the owner has said what people say yes to."""
    if signing_up.shop.config.sign_up is None:
        return []
    methods = ["GET", "POST"]
    return [
        Route("/join", signing_up.ask, methods=methods),
        Route("/join/{token}", signing_up.confirm, methods=methods),
    ]


def _hooks(shop: OpenShop, clock: Clock) -> list[Route]:
    """Without a key nobody could tell who speaks: then nobody is heard."""
    account = shop.config.sending.sendgrid
    if account is None or account.webhook_key is None:
        return []
    hook = Webhook(shop, WebhookSignature(account.webhook_key.reveal()), clock)
    return [Route("/hooks/sendgrid", hook.receive, methods=["POST"])]


async def health(_request: Request) -> Response:
    return word("ok")


class Elsewhere:
    """What is answered where there is nothing, and where something did not work."""

    def __init__(self, drawing: Drawing) -> None:
        self._drawing = drawing

    async def refused(self, request: Request, why: Exception) -> Response:
        """Nothing there, or not in this way."""
        if isinstance(why, HTTPException) and why.status_code == 405:
            allowed = (why.headers or {}).get("Allow", "")
            return methods(request.method, allowed.split(", "))
        return page(self._drawing, "not-here", 404)

    async def unable(self, _request: Request, _why: Exception) -> Response:
        """The database is busy or away: nothing is kept, and it may be said again."""
        return page(self._drawing, "try-again", 503, Retry_After="60")

    async def failed(self, _request: Request, _why: Exception) -> Response:
        return page(self._drawing, "try-again", 500)
