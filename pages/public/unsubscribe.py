"""The unsubscribe page: GET shows it, POST unsubscribes (RFC 8058)."""

from __future__ import annotations

from asyncio import Semaphore
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from engine.inbound.unsubscribe import LinkHolder, OptOutEvidence, find_link_holder, record_opt_out
from engine.open.open_shop import OpenShop
from pages.clock import Clock
from pages.rate_limit import RateLimit
from pages.render import PageRenderer, visible_text
from pages.responses import page_response

ONE_CLICK_BODY = "List-Unsubscribe=One-Click"  # RFC 8058 §3.1
MAX_CONCURRENT = 8  # with the webhook's slots, no more than the pool has connections


@dataclass(frozen=True)
class UnsubscribeHandler:
    """Handles /u/TOKEN."""

    shop: OpenShop
    renderer: PageRenderer
    clock: Clock
    rate_limit: RateLimit = field(default_factory=RateLimit)
    slots: Semaphore = field(default_factory=lambda: Semaphore(MAX_CONCURRENT))

    async def handle(self, request: Request) -> Response:
        return await (self.opt_out if request.method == "POST" else self.show_page)(request)

    async def show_page(self, request: Request) -> Response:
        """Shows the page and changes nothing: link scanners send GET requests."""
        if await self._link_holder(request) is None:
            return page_response(self.renderer, "not-here", 404)
        return page_response(self.renderer, "unsubscribe")

    async def opt_out(self, request: Request) -> Response:
        """Unsubscribes by the token in the path alone; the body is not read.

        Valid links are never rate-limited: mail services send one-click requests for thousands of
        customers from few addresses.
        """
        link_holder = await self._link_holder(request)
        if link_holder is None:
            return self._unknown_link(request)
        async with self.slots:
            await run_in_threadpool(self._store_opt_out, link_holder, self._evidence(request))
        return page_response(self.renderer, "unsubscribed")

    async def _link_holder(self, request: Request) -> LinkHolder | None:
        async with self.slots:
            return await run_in_threadpool(
                find_link_holder, self.shop, request.path_params["token"]
            )

    def _store_opt_out(self, link_holder: LinkHolder, evidence: OptOutEvidence) -> None:
        record_opt_out(self.shop, link_holder, evidence, now=self.clock())

    def _evidence(self, request: Request) -> OptOutEvidence:
        sentences = self.shop.language.sentences("public_pages")
        if request.query_params.get("by") != "page":
            return OptOutEvidence(sentences.BY_ONE_CLICK, ONE_CLICK_BODY)
        html = self.renderer.render("unsubscribe", nonce="")
        return OptOutEvidence(sentences.BY_BUTTON, visible_text(html))

    def _unknown_link(self, request: Request) -> Response:
        if self.rate_limit.acquire(request.client.host if request.client else None):
            return page_response(self.renderer, "not-here", 404)
        return page_response(self.renderer, "try-again", 429, Retry_After="60")
