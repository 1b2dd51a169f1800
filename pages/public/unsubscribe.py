"""The page behind the unsubscribe link: looking changes nothing, pressing does (RFC 8058)."""

from __future__ import annotations

from asyncio import Semaphore
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from engine.inbound.unsubscribe import LinkHolder, OptOutEvidence, find_link_holder, record_opt_out
from engine.open.open_shop import OpenShop
from pages.clock import Clock
from pages.rate_limit import Patience
from pages.render import Drawing, said
from pages.responses import page

ONE_CLICK = OptOutEvidence("one click in the mail program (RFC 8058)", "List-Unsubscribe=One-Click")
AT_ONCE = 8  # together with SendGrid's, no more than a pool has connections


@dataclass(frozen=True)
class Unsubscribing:
    """What each method does at /u/TOKEN."""

    shop: OpenShop
    drawing: Drawing
    clock: Clock
    patience: Patience = field(default_factory=Patience)
    turns: Semaphore = field(default_factory=lambda: Semaphore(AT_ONCE))

    async def answer(self, request: Request) -> Response:
        return await (self.press if request.method == "POST" else self.look)(request)

    async def look(self, request: Request) -> Response:
        """Scanners follow every link: this only shows a page, whoever asks."""
        if await self._who(request) is None:
            return page(self.drawing, "not-here", 404)
        return page(self.drawing, "unsubscribe")

    async def press(self, request: Request) -> Response:
        """Whatever the body says, and before it is read: somebody wants no more.

        Nobody with a link of ours is ever asked to wait: a mail service presses for thousands
        from a few addresses.
        """
        who = await self._who(request)
        if who is None:
            return self._no_link(request)
        async with self.turns:
            await run_in_threadpool(self._leave, who, self._manner(request))
        return page(self.drawing, "unsubscribed")

    async def _who(self, request: Request) -> LinkHolder | None:
        async with self.turns:
            return await run_in_threadpool(
                find_link_holder, self.shop, request.path_params["token"]
            )

    def _leave(self, who: LinkHolder, manner: OptOutEvidence) -> None:
        record_opt_out(self.shop, who, manner, now=self.clock())

    def _manner(self, request: Request) -> OptOutEvidence:
        if request.query_params.get("by") != "page":
            return ONE_CLICK
        shown = self.drawing.page("unsubscribe", nonce="")
        return OptOutEvidence("the button on the unsubscribe page", said(shown))

    def _no_link(self, request: Request) -> Response:
        if self.patience.tried(request.client.host if request.client else None):
            return page(self.drawing, "not-here", 404)
        return page(self.drawing, "try-again", 429, Retry_After="60")
