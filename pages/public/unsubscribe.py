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
from pages.public.requested_language import language_in_address, visitor_language
from pages.rate_limit import RateLimit
from pages.render import PageRenderer, visible_text
from pages.responses import page_response
from templates.language import Language, owner_sentences

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
        link_holder = await self._link_holder(request)
        if link_holder is None:
            language = visitor_language(self.shop.config, request)
            return page_response(self.renderer, "not-here", 404, language=language)
        language = self._language(link_holder, request)
        return page_response(self.renderer, "unsubscribe", language=language)

    async def opt_out(self, request: Request) -> Response:
        """Unsubscribes by the token in the path alone; the body is not read.

        Valid links are never rate-limited: mail services send one-click requests for thousands of
        customers from few addresses.
        """
        link_holder = await self._link_holder(request)
        if link_holder is None:
            return self._unknown_link(request)
        language = self._language(link_holder, request)
        evidence = self._evidence(request, language)
        async with self.slots:
            await run_in_threadpool(self._store_opt_out, link_holder, evidence)
        return page_response(self.renderer, "unsubscribed", language=language)

    def _language(self, link_holder: LinkHolder, request: Request) -> Language:
        """The customer's, else the shop's; the address may ask for another."""
        config = self.shop.config
        return config.customer_language(language_in_address(request) or link_holder.language)

    async def _link_holder(self, request: Request) -> LinkHolder | None:
        async with self.slots:
            return await run_in_threadpool(
                find_link_holder, self.shop, request.path_params["token"]
            )

    def _store_opt_out(self, link_holder: LinkHolder, evidence: OptOutEvidence) -> None:
        record_opt_out(self.shop, link_holder, evidence, now=self.clock())

    def _evidence(self, request: Request, language: Language) -> OptOutEvidence:
        """With the page as the customer saw it."""
        sentences = owner_sentences("evidence")
        if request.query_params.get("by") != "page":
            return OptOutEvidence(sentences.BY_ONE_CLICK, ONE_CLICK_BODY)
        written_in = self.renderer.page_language("unsubscribe", language)
        html = self.renderer.render("unsubscribe", written_in, nonce="")
        return OptOutEvidence(sentences.BY_BUTTON, visible_text(html))

    def _unknown_link(self, request: Request) -> Response:
        language = visitor_language(self.shop.config, request)
        if self.rate_limit.acquire(request.client.host if request.client else None):
            return page_response(self.renderer, "not-here", 404, language=language)
        return page_response(self.renderer, "try-again", 429, language=language, Retry_After="60")
