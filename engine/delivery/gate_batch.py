"""The gate and the pen: which of a batch go, and the mails they become."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.delivery.load_messages import Wanted
from engine.delivery.mail_text import spoken_words
from engine.message_states import State
from engine.messages.correction import corrects
from engine.messages.settle import Settled
from engine.open.open_shop import OpenShop
from mail.gate.gate import Deferred, Go, Limits, Skipped, decide
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.message.signed_links import unsubscribe_mail, unsubscribe_token, unsubscribe_url
from mail.render.renderer import CannotWrite, Letter
from mail.senders.sendgrid.unsubscribe_tag import STAND_IN
from triggers.steps import mail_key, sends


@dataclass(frozen=True)
class Judged:
    """What became of a batch."""

    mails: list[Mail]
    evidence: dict[str, str]
    refused: list[Settled]
    deferred: list[tuple[str, Deferred]]

    @property
    def total(self) -> int:
        return len(self.mails) + len(self.refused) + len(self.deferred)


def judge(shop: OpenShop, wanted: Sequence[Wanted], *, now: datetime) -> Judged:
    """In the order given: the first mail to somebody may use up their cap."""
    judged = Judged([], {}, [], [])
    limits, keys = _limits(shop), _mail_keys(shop, wanted)
    gone: dict[int, list[datetime]] = {}
    for one in wanted:
        received = [*one.case.received, *gone.get(one.customer_id, [])]
        decision = decide(replace(one.case, received=received), limits, now=now)
        if gone_since := _gone(one, keys):
            decision = Skipped(gone_since)
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


def _gone(one: Wanted, keys: Mapping[str, Collection[str]]) -> Reason | None:
    """What the owner took out of the file; no rule sends a correction."""
    if corrects(one.rule):
        return None
    if one.rule not in keys:
        return Reason.RULE_GONE
    return None if one.step in keys[one.rule] else Reason.STEP_GONE


def _limits(shop: OpenShop) -> Limits:
    sending = shop.file.sending
    return Limits(
        quiet_hours=sending.quiet_hours,
        no_more_than=sending.no_more_than,
        usual_time=sending.usual_time,
        closed=shop.file.shop.closed,
        shop_zone=shop.file.shop.zone,
    )


def _mail_keys(shop: OpenShop, wanted: Sequence[Wanted]) -> dict[str, set[str]]:
    """The mails that each rule of the file still sends."""
    found = {one.rule: shop.file.rules[one.rule] for one in wanted if one.rule in shop.file.rules}
    return {
        name: {mail_key(rule, place) for place, _ in sends(rule)} for name, rule in found.items()
    }


def _write(shop: OpenShop, one: Wanted, judged: Judged, *, now: datetime) -> Go | Skipped:
    link = _unsubscribe_link(shop, one)
    try:
        words = spoken_words(json.loads(one.words), now, shop.file.shop.zone)
        facts = replace(one.facts, with_=words, unsubscribe_url=link)
        letter = shop.letters.write(one.template, facts)
    except (CannotWrite, ValueError) as error:
        return Skipped(Reason.CANNOT_WRITE, str(error))
    judged.mails.append(_mail(shop, one, letter, link, now))
    judged.evidence[one.id] = one.evidence
    return Go()


def _mail(shop: OpenShop, one: Wanted, letter: Letter, link: str, now: datetime) -> Mail:
    sender = shop.file.sending.from_
    return Mail(
        message_id=one.id,
        sender_name=sender.name or shop.file.shop.name,
        sender_address=sender.address,
        to_address=one.email or "",
        to_name=one.facts.customer.first_name,
        reply_to=shop.file.shop.reply_to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        unsubscribe_url=link,
        date=now,
        purpose=one.case.purpose.value,
    )


def _unsubscribe_link(shop: OpenShop, one: Wanted) -> str:
    """A page or a mail; the token says who wants no more, whatever address it comes from.

    A service mail never leads to SendGrid's group: it would not reach who has left that.
    """
    public, sending = shop.file.shop.public_address, shop.file.sending
    if sending.unsubscribe_by == "sendgrid" and one.case.purpose.value == "marketing":
        return STAND_IN
    token = unsubscribe_token(shop.secret, one.customer_id, one.id)
    if public and sending.unsubscribe_by != "mailbox":
        return unsubscribe_url(public, token)
    written = sending.mailbox.address if sending.mailbox else None
    return unsubscribe_mail(written or shop.file.shop.reply_to, token)
