"""The gate and the pen: which of a batch go, and the mails they become."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.letter_facts import Wanted
from engine.opening import OpenShop
from engine.settling import Settled
from engine.states import State
from engine.wording import shop_facts
from mail.facts import Facts
from mail.gate import Deferred, Go, Limits, Skipped, decide
from mail.letters import CannotWrite
from mail.links import unsubscribe_token, unsubscribe_url
from mail.mime import Mail
from mail.reasons import Reason


@dataclass(frozen=True)
class Judged:
    """What became of a batch."""

    mails: list[Mail]
    evidence: dict[str, str]
    refused: list[Settled]
    deferred: list[tuple[str, Deferred]]


def judge(shop: OpenShop, wanted: Sequence[Wanted], *, now: datetime) -> Judged:
    """In the order given: the first mail to somebody may use up their cap."""
    judged = Judged([], {}, [], [])
    limits = Limits(shop.file.sending.quiet_hours, shop.file.sending.no_more_than)
    gone: dict[int, list[datetime]] = {}
    for one in wanted:
        received = [*one.case.received, *gone.get(one.customer_id, [])]
        decision = decide(replace(one.case, received=received), limits, now=now)
        if one.rule not in shop.file.rules:
            decision = Skipped(Reason.RULE_GONE)
        if isinstance(decision, Go):
            decision = _write(shop, one, judged, now=now)
        if isinstance(decision, Go):
            gone.setdefault(one.customer_id, []).append(now)
        elif isinstance(decision, Deferred):
            judged.deferred.append((one.id, decision))
        else:
            failed = decision.reason is Reason.CANNOT_WRITE
            state = State.FAILED if failed else State.SKIPPED
            judged.refused.append(Settled(one.id, state, str(decision)))
    return judged


def _write(shop: OpenShop, one: Wanted, judged: Judged, *, now: datetime) -> Go | Skipped:
    link = _unsubscribe_link(shop, one)
    facts = Facts(shop_facts(shop.file), one.customer, one.cart, one.words, one.reason, link)
    try:
        letter = shop.letters.write(one.template, facts)
    except CannotWrite as error:
        return Skipped(Reason.CANNOT_WRITE, str(error))
    sender = shop.file.sending.from_
    judged.mails.append(
        Mail(
            message_id=one.id,
            sender_name=sender.name or shop.file.shop.name,
            sender_address=sender.address,
            to_address=one.email or "",
            to_name=one.customer.first_name,
            reply_to=shop.file.shop.reply_to,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            unsubscribe_url=link,
            date=now,
            purpose=one.case.purpose.value,
        )
    )
    judged.evidence[one.id] = one.evidence
    return Go()


def _unsubscribe_link(shop: OpenShop, one: Wanted) -> str:
    """A page where there is one; else a mail to the owner, who reads it."""
    if shop.file.shop.public_address is None:
        return f"mailto:{shop.file.shop.reply_to}?subject=unsubscribe"
    token = unsubscribe_token(shop.secret, one.customer_id, one.id)
    return unsubscribe_url(shop.file.shop.public_address, token)
