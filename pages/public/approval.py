"""The page behind a link of the morning letter: GET shows what waits, POST decides.

Mail scanners open links, with GET and HEAD: neither changes anything.
"""

from __future__ import annotations

import logging
from asyncio import Semaphore
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from engine.open.open_shop import OpenShop
from engine.owner.approval_decisions import Decision
from engine.owner.approval_links import (
    LinkState,
    LinkUse,
    OpenedLink,
    letter_name,
    open_link,
    use_link,
)
from engine.owner.waiting_mail import WaitingMail, load_waiting_mail
from pages.clock import Clock
from pages.owner.access.passcode import TryLimit, is_passcode
from pages.public.approval_pages import ApprovalPages
from pages.rate_limit import RateLimit
from pages.request_body import BodyTooLargeError, read_body
from settings.errors import UnavailableError
from shop.db.engine import read_transaction
from templates.language import ENGLISH, owner_sentences

logger = logging.getLogger(__name__)
MAX_BODY_BYTES = 2_000
MAX_BODY_SECONDS = 10
MAX_FIELDS = 5
MAX_CONCURRENT = 2
LOGGED_IDS = 20

Form = Mapping[str, str]


def _page_limit() -> RateLimit:
    """Each page of a link shows up to three mails, a request each."""
    return RateLimit(burst=60, per_minute=60)


@dataclass(frozen=True)
class ApprovalHandler:
    """Handles /approve/TOKEN and the mails below it."""

    shop: OpenShop
    pages: ApprovalPages
    clock: Clock
    unknown_link_limit: RateLimit = field(default_factory=RateLimit)
    page_limit: RateLimit = field(default_factory=_page_limit)
    tries: TryLimit = field(default_factory=TryLimit)
    slots: Semaphore = field(default_factory=lambda: Semaphore(MAX_CONCURRENT))

    async def handle(self, request: Request) -> Response:
        """Shows the page, or decides; the form is read within limits."""
        form = None
        if request.method == "POST":
            form = await _read_form(request)
            if form is None:
                return self._say("NO_DECISION_PAGE", 400)
        return await self._in_thread(self._page, request, form)

    async def show_mail(self, request: Request) -> Response:
        """Shows one of the mails of a link, for a frame of its page."""
        return await self._in_thread(self._mail, request)

    async def _in_thread(self, function: Any, *arguments: Any) -> Response:
        async with self.slots:
            try:
                response: Response = await run_in_threadpool(function, *arguments)
            except (UnavailableError, NoConnection):
                return self._say("BUSY", 503)
        return response

    def _page(self, request: Request, form: Form | None) -> Response:
        link = self._open(request)
        if isinstance(link, Response):
            return link
        if link.state is not LinkState.OPEN:
            return self._closed(link)
        if form is None:
            return self._form_page(request, link)
        return self._decide(request, link, form)

    def _mail(self, request: Request) -> Response:
        link = self._open(request)
        if isinstance(link, Response):
            return link
        number = request.path_params["number"]
        if link.state is not LinkState.OPEN or not 1 <= number <= len(link.shown):
            return self._say("NOTHING_WAITS", 404)
        [*mails] = self._load_mails([link.shown[number - 1]])
        return self.pages.mail(mails[0].html) if mails else self._say("NOTHING_WAITS", 404)

    def _open(self, request: Request) -> OpenedLink | Response:
        """The link of the path; a response where there is none, or too many were asked for."""
        client = request.client.host if request.client else None
        link = open_link(self.shop, request.path_params["token"], now=self.clock())
        limit = self.unknown_link_limit if link is None else self.page_limit
        if not limit.acquire(client):
            return self._say("TRY_AGAIN", 429)
        return self._say("UNKNOWN_LINK", 404) if link is None else link

    def _decide(self, request: Request, link: OpenedLink, form: Form) -> Response:
        decision = form.get("decision", "")
        if decision not in set(Decision):
            return self._form_page(request, link, "NO_DECISION", 400)
        if link.needs_passcode and (refusal := self._check_passcode(request, form)):
            return self._form_page(request, link, *refusal)
        use = use_link(self.shop, link, Decision(decision), now=self.clock())
        if use.link.state is not LinkState.OPEN:
            return self._closed(use.link, 409)
        _log(use, Decision(decision))
        return self._decided(use, Decision(decision))

    def _check_passcode(self, request: Request, form: Form) -> tuple[str, int] | None:
        """The sentence and the status of a refusal; tries are limited as on the owner's pages."""
        passcode = self._passcode()
        if passcode is None:
            return "", 403
        if not self.tries.acquire(request.client.host if request.client else None, None):
            return "TOO_MANY_TRIES", 429
        if not is_passcode(form.get("passcode", ""), passcode):
            return "WRONG_PASSCODE", 403
        return None

    def _passcode(self) -> str | None:
        settings = self.shop.config.pages
        return settings.passcode.reveal() if settings and settings.passcode else None

    def _form_page(
        self, request: Request, link: OpenedLink, mistake: str = "", status: int = 200
    ) -> Response:
        sentences = _sentences()
        can_decide = not link.needs_passcode or self._passcode() is not None
        mails = self._load_mails(link.shown)
        variables = {
            "heading": f"{_count(link.waiting)} of {link.rule}",
            "mistake": getattr(sentences, mistake) if mistake else "",
            "what": _what(link, len(mails)),
            "earlier": self._earlier(link),
            "mails": [_mail_variables(number, mail) for number, mail in enumerate(mails, 1)],
            "token": request.path_params["token"],
            "refusal": "" if can_decide else sentences.NO_PASSCODE.format(rule=link.rule),
            "asks_passcode": link.needs_passcode,
            "approve": f"Approve {_count(link.waiting)}",
            "decline": f"Decline {_count(link.waiting)}",
            "until": sentences.UNTIL.format(moment=self._time(link.expires_at)),
        }
        return self.pages.draw("approve", variables, status)

    def _load_mails(self, ids: Any) -> list[WaitingMail]:
        now = self.clock()
        with read_transaction(self.shop.engine) as connection:
            mails = [load_waiting_mail(connection, self.shop, id_, now=now) for id_ in ids]
        return [mail for mail in mails if mail]

    def _earlier(self, link: OpenedLink) -> str:
        decided = link.mails - link.waiting
        if not decided:
            return ""
        zone = self.shop.config.shop.zone
        decision = f", the last {link.earlier.sentence_part(zone)}" if link.earlier else ""
        text: str = _sentences().EARLIER.format(
            decided=decided, mails=link.mails, decision=decision
        )
        return text

    def _closed(self, link: OpenedLink, status: int = 410) -> Response:
        """Why the link decides nothing any more."""
        if link.state is LinkState.USED and link.decision:
            moment = self._time(link.decided_at)
            decision = link.decision.value.capitalize()
            return self._say("USED_LINK", status, decision=decision, moment=moment)
        if link.state is LinkState.EXPIRED and link.expires_at:
            return self._say("OLD_LINK", status, moment=self._time(link.expires_at))
        if link.state is LinkState.EXPIRED:
            return self._say("VERY_OLD_LINK", status)
        return self._nothing_waits(link, status)

    def _nothing_waits(self, link: OpenedLink, status: int) -> Response:
        heading, sentence = _sentences().NOTHING_WAITS
        sentences = [sentence]
        if link.earlier:
            part = link.earlier.sentence_part(self.shop.config.shop.zone)
            sentences.append(f"The last was {part}.")
        return self.pages.message(heading, sentences, status)

    def _decided(self, use: LinkUse, decision: Decision) -> Response:
        texts, result = _sentences(), use.result
        heading, sentence = getattr(texts, decision.name)
        done = len(result.done)
        verb = {Decision.APPROVED: ("goes", "go"), Decision.DECLINED: ("never goes", "never go")}
        sentences = [sentence.format(mails=f"{_count(done)} {verb[decision][done != 1]}")]
        if result.dropped:
            reasons = ", ".join(
                sorted({outlook.refusal or "" for outlook in result.dropped.values()})
            )
            dropped = len(result.dropped)
            mails = f"{_count(dropped)} {('goes', 'go')[dropped != 1]}"
            sentences.append(texts.DROPPED.format(mails=mails, reasons=reasons))
        return self.pages.message(heading, [*sentences, *result.refused])

    def _say(self, name: str, status: int, **values: str) -> Response:
        heading, sentence = getattr(_sentences(), name)
        response = self.pages.message(heading, [sentence.format(**values)], status)
        if status in (429, 503):
            response.headers["Retry-After"] = "60"
        return response

    def _time(self, moment: datetime | None) -> str:
        zone = self.shop.config.shop.zone
        return ENGLISH.day_and_time(moment.astimezone(zone)) if moment else ""


async def _read_form(request: Request) -> Form | None:
    """The fields; None where they are too large, too slow, or no form."""
    try:
        body = await read_body(request, max_bytes=MAX_BODY_BYTES, max_seconds=MAX_BODY_SECONDS)
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=MAX_FIELDS, errors="strict"))
    except (BodyTooLargeError, TimeoutError, ClientDisconnect, ValueError):
        return None


def _what(link: OpenedLink, shown: int) -> str:
    sentences = _sentences()
    if link.waiting == 1:
        return str(sentences.WHAT_ONE)
    return str(sentences.WHAT if shown < link.waiting else sentences.WHAT_ALL)


def _mail_variables(number: int, mail: WaitingMail) -> dict[str, Any]:
    sentences, outlook = _sentences(), mail.outlook
    refused = sentences.OUTLOOK_REFUSED.format(refusal=outlook.refusal)
    return {
        "number": number,
        "name": letter_name(mail.pending.customer),
        "subject": mail.subject,
        "text": mail.text,
        "mistake": mail.mistake,
        "outlook": refused if outlook.refusal else sentences.OUTLOOK.format(goes=outlook.goes),
    }


def _log(use: LinkUse, decision: Decision) -> None:
    """Ids only: who they are to stands in the database."""
    ids = " ".join(id_[:8] for id_ in use.result.done[:LOGGED_IDS])
    message = f"{decision.value} by a link: {len(use.result.done)} of {use.link.rule}: {ids}"
    logger.info(message, extra={"event": "pages"})


def _count(mails: int) -> str:
    return f"{ENGLISH.integer(mails)} {'mail' if mails == 1 else 'mails'}"


def _sentences() -> Any:
    return owner_sentences("approvals")
