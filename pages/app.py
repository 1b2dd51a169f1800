"""Assembles the public pages: routes and error handlers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.config.owner_config import OwnerConfig
from engine.open.open_shop import OpenShop
from pages.clock import Clock, machine_clock
from pages.public.approval import ApprovalHandler
from pages.public.approval_pages import ApprovalPages
from pages.public.requested_language import visitor_language
from pages.public.sample_variables import sample_variables
from pages.public.signup import SignUpHandler, ignore_sign_up
from pages.public.unsubscribe import UnsubscribeHandler
from pages.render import PageRenderer
from pages.request_head import RequestHeadGuard
from pages.responses import options_response, page_response, picture_response, text_response
from pages.webhooks.delivery_events import WebhookHandler
from settings.brand.appearance import PLAIN, Appearance
from settings.brand.load import PICTURE_PATH
from settings.brand.sent_pictures import sent_picture
from settings.errors import UnavailableError
from settings.shop import Shop
from templates.language import Language


def create_app(
    shop: OpenShop, clock: Clock = machine_clock, on_sign_up: Callable[[], None] = ignore_sign_up
) -> Starlette:
    """Returns the Starlette app of the public pages.

    Args:
        shop: The open shop.
        clock: Returns the current time; tests set it.
        on_sign_up: Called after a sign-up was stored, so that its confirmation is sent soon.
    """
    renderer = page_renderer(shop.folder, shop.config.shop, shop.language, shop.appearance)
    error_pages = ErrorPages(renderer, shop.config)
    unsubscribe = UnsubscribeHandler(shop, renderer, clock)
    app = Starlette(
        routes=[
            Route("/u/{token}", unsubscribe.handle, methods=["GET", "POST"]),
            *_sign_up_routes(SignUpHandler(shop, renderer, clock, on_sign_up)),
            *_approval_routes(ApprovalHandler(shop, ApprovalPages(shop), clock)),
            *_webhook_routes(shop, clock),
            _picture_route(shop.folder, shop.appearance),
            Route("/health", health),
        ],
        exception_handlers={
            HTTPException: error_pages.http_error,
            UnavailableError: error_pages.unavailable,
            NoConnection: error_pages.unavailable,
            Exception: error_pages.server_error,
        },
        middleware=[Middleware(RequestHeadGuard)],
    )
    app.router.redirect_slashes = False  # RFC 8058 §3.1: no redirect
    return app


def page_renderer(
    beside: Path, shop: Shop, language: Language, appearance: Appearance = PLAIN
) -> PageRenderer:
    """Returns the renderer of the pages; its `mistakes` name pages of the shop that are not used.

    `beside` is the folder of config.yaml.
    """
    return PageRenderer(beside, shop, language, sample_variables(language), appearance)


def _sign_up_routes(handler: SignUpHandler) -> list[Route]:
    """No routes unless the owner has configured `sign up:`."""
    if handler.shop.config.sign_up is None:
        return []
    methods = ["GET", "POST"]
    return [
        Route("/join", handler.handle_form, methods=methods),
        Route("/join/{token}", handler.handle_confirmation, methods=methods),
    ]


def _approval_routes(handler: ApprovalHandler) -> list[Route]:
    return [
        Route("/approve/{token}", handler.handle, methods=["GET", "POST"]),
        Route("/approve/{token}/mail/{number:int}", handler.show_mail),
    ]


def _webhook_routes(shop: OpenShop, clock: Clock) -> list[Route]:
    """One route per provider whose account has a webhook key: others could not be verified."""
    routes = []
    for provider, account in shop.config.sending.accounts():
        webhook = provider.webhook(account)
        if webhook:
            handler = WebhookHandler(shop, provider.title, webhook, clock)
            routes.append(Route(f"/hooks/{provider.name}", handler.receive, methods=["POST"]))
    return routes


def _picture_route(folder: Path, appearance: Appearance) -> Route:
    """The shop's pictures, which mails link to where they are too large to travel with them.

    Those that older mails link to are kept in `folder`, and need not be the shop's any more.
    """
    pictures = {picture.file.name: picture.file for picture in appearance.pictures}

    async def show_picture(request: Request) -> Response:
        name = request.path_params["name"]
        picture = pictures.get(name) or await asyncio.to_thread(sent_picture, folder, name)
        if picture is None:
            raise HTTPException(404)
        return picture_response(picture)

    return Route(f"/{PICTURE_PATH}/{{name}}", show_picture)


async def health(_request: Request) -> Response:
    return text_response("ok")


class ErrorPages:
    """Responses for unknown paths, wrong methods and failures."""

    def __init__(self, renderer: PageRenderer, config: OwnerConfig) -> None:
        self._renderer, self._config = renderer, config

    async def http_error(self, request: Request, error: Exception) -> Response:
        """Not found, or 405 with the allowed methods."""
        if isinstance(error, HTTPException) and error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "")
            return options_response(request.method, allowed.split(", "))
        return page_response(self._renderer, "not-here", 404, language=self._language(request))

    async def unavailable(self, request: Request, _error: Exception) -> Response:
        """503: the database is busy or unreachable; nothing was stored, a retry may work."""
        language = self._language(request)
        return page_response(self._renderer, "try-again", 503, language=language, Retry_After="60")

    async def server_error(self, request: Request, _error: Exception) -> Response:
        language = self._language(request)
        return page_response(self._renderer, "try-again", 500, language=language)

    def _language(self, request: Request) -> Language:
        return visitor_language(self._config, request)
