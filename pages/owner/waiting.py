"""The page Waiting: mails that wait for the owner's word, complaints to confirm, mails in doubt."""

from __future__ import annotations

import logging
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.inbound.complaints import confirm_complaints, dismiss_complaints
from engine.messages.in_doubt import DoubtDecision, settle_doubt
from engine.owner.approval_decisions import Decision
from engine.owner.listed_mails import (
    OF_ONE_RULE,
    ListedResult,
    count_waiting,
    decide_listed,
    load_waiting,
    seen_ids,
)
from engine.owner.waiting_mail import WaitingMail, load_waiting_mail
from pages.owner.headers import mail_response
from pages.owner.site import NavEntry, OwnerSite
from templates.language import ENGLISH, owner_sentences

logger = logging.getLogger(__name__)
NAV: NavEntry | None = NavEntry("Waiting", "/waiting", count_waiting)
MAX_REASON = 300  # characters of why
MAX_ADDRESS = 320
LOGGED_IDS = 20


def routes(site: OwnerSite) -> list[Route]:
    """Returns the routes of the list, of one mail, of its rendering, and of the buttons."""
    page = WaitingPage(site)
    return [
        Route("/waiting", page.show_all),
        Route("/waiting/decide", page.decide, methods=["POST"]),
        Route("/waiting/complaint", page.decide_complaint, methods=["POST"]),
        Route("/waiting/doubt", page.settle_doubt, methods=["POST"]),
        Route("/waiting/{mail}", page.show_mail),
        Route("/waiting/{mail}/content", page.show_content),
    ]


class WaitingPage:
    """The handlers."""

    def __init__(self, site: OwnerSite) -> None:
        self._site = site

    def show_all(self, request: Request) -> Response:
        """The list, of all rules or of one."""
        rule, now = request.query_params.get("rule"), self._site.now()
        with self._site.read() as connection:
            waiting = load_waiting(connection, self._site.shop, now=now, rule=rule)
        if rule is not None and not waiting.groups:
            return self._site.redirect(request, "/waiting", f"No mail of {rule[:80]} waits.")
        variables = {"waiting": waiting, "now": now, "rule": rule, "limit": OF_ONE_RULE}
        return self._site.page(request, "waiting.html", variables)

    def show_mail(self, request: Request) -> Response:
        """One mail, as it would be written now."""
        mail = self._load(request)
        if mail is None:
            return self._site.redirect(request, "/waiting", "That mail does not wait any more.")
        variables = {"mail": mail, "is_late": mail.pending.until < self._site.now()}
        return self._site.page(request, "waiting-mail.html", variables)

    def show_content(self, request: Request) -> Response:
        """The rendering of one mail, for a sandboxed frame."""
        mail = self._load(request)
        if mail is None or mail.mistake:
            raise HTTPException(404)
        return mail_response(mail.html)

    def _load(self, request: Request) -> WaitingMail | None:
        now = self._site.now()
        with self._site.read() as connection:
            return load_waiting_mail(
                connection, self._site.shop, request.path_params["mail"], now=now
            )

    def decide(self, request: Request) -> Response:
        """Approves or declines the ticked mails, or all of a rule that the page had counted."""
        form = self._site.form(request)
        action, _, scope = form.get("action", "").partition(" ")
        if action not in ("approve", "decline"):
            raise HTTPException(400)
        ids = self._all_of_rule(request) if scope == "all" else form.getlist("mail")
        if ids is None:
            rule = form.get("rule", "")[:80]
            notice = (
                f"Nothing was decided: other mails of {rule} wait than the page showed. Look again."
            )
            return self._site.redirect(request, "/waiting", notice)
        if not ids:
            return self._site.redirect(request, "/waiting", "Tick the mails first.")
        decision = Decision.APPROVED if action == "approve" else Decision.DECLINED
        because = form.get("because", "")[:MAX_REASON]
        listed = decide_listed(
            self._site.shop, ids, decision, because=because, now=self._site.now()
        )
        _log(listed, decision)
        return self._site.redirect(request, "/waiting", self._notice(listed, decision))

    def _all_of_rule(self, request: Request) -> list[str] | None:
        form = self._site.form(request)
        with self._site.read() as connection:
            return seen_ids(connection, form.get("rule", ""), form.get("seen", ""))

    def _notice(self, listed: ListedResult, decision: Decision) -> str:
        result, sentences = listed.result, []
        if result.done:
            then = owner_sentences("approvals").NOTICES[decision]
            sentences.append(f"{_count(len(result.done))} {decision}. {then}")
        if result.dropped:
            reasons = sorted({outlook.refusal or "" for outlook in result.dropped.values()})
            sentences.append(f"{_count(len(result.dropped))} no longer: {', '.join(reasons)}.")
        sentences += result.refused[:3]
        sentences += self._earlier(listed)
        return " ".join(sentences)

    def _earlier(self, listed: ListedResult) -> list[str]:
        """Who was first."""
        sentences, zone = [], self._site.shop.config.shop.zone
        if listed.earlier:
            last = max(listed.earlier, key=lambda earlier: earlier.at)
            number = _count(len(listed.earlier))
            sentences.append(f"{number} decided before: {last.sentence_part(zone)}.")
        if listed.gone:
            sentences.append(f"{_count(listed.gone)} did not wait any more.")
        return sentences

    def decide_complaint(self, request: Request) -> Response:
        """Counts a complaint, or takes it back, as `regulars complaints` does."""
        form = self._site.form(request)
        address, kind = form.get("address", "")[:MAX_ADDRESS], form.get("kind")
        because = form.get("because", "").strip()[:MAX_REASON]
        if not address or kind not in ("real", "forged"):
            raise HTTPException(400)
        if kind == "forged" and not because:
            return self._site.redirect(
                request, "/waiting", "Write how you know that it is forged. Nothing was changed."
            )
        shop, now = self._site.shop, self._site.now()
        if kind == "real":
            handled = confirm_complaints(shop, [address], now=now)
            notice = f"Nothing goes to {address} any more."
        else:
            handled = dismiss_complaints(shop, [address], because, now=now)
            notice = f"The complaint of {address} no longer counts."
        gone = "No complaint of this address waits any more: it was decided before."
        return self._site.redirect(request, "/waiting", notice if handled else gone)

    def settle_doubt(self, request: Request) -> Response:
        """Says that a mail in doubt went, or was lost. Sending it again stays with the command."""
        form = self._site.form(request)
        mail, outcome = form.get("mail", ""), form.get("outcome")
        if outcome not in (DoubtDecision.WENT, DoubtDecision.LOST) or len(mail) > 32:
            raise HTTPException(400)
        settled, _ = settle_doubt(
            self._site.shop, [mail], DoubtDecision(outcome), now=self._site.now()
        )
        counted = "sent" if outcome == DoubtDecision.WENT else "lost"
        notice = f"The mail counts as {counted}." if settled else "It is not in doubt any more."
        return self._site.redirect(request, "/waiting", notice)


def _log(listed: ListedResult, decision: Decision) -> None:
    """Ids only: who they are to stands in the database."""
    done = listed.result.done
    ids = " ".join(id_[:8] for id_ in done[:LOGGED_IDS])
    logger.info(f"{decision} on the page: {len(done)}: {ids}", extra={"event": "pages"})


def _count(mails: int) -> Any:
    return f"{ENGLISH.integer(mails)} {'mail' if mails == 1 else 'mails'}"
