"""Decides about a batch of messages: gate, cap and rendering of those that go."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.delivery.cap import caps_of
from engine.delivery.load_messages import LoadedMessage
from engine.delivery.mail_text import with_variables
from engine.delivery.message_facts import MessageFacts
from engine.message_states import State
from engine.messages.settle import Settlement
from engine.open.open_shop import OpenShop
from mail.failures.mailbox_providers import mailbox_provider
from mail.gate.gate import Deferred, GateInput, Go, Limits, Skipped, evaluate_gate
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.message.signed_links import unsubscribe_mailto, unsubscribe_token, unsubscribe_url
from mail.render.renderer import RenderedMail, RenderError
from shop.types.purpose import Purpose


@dataclass(frozen=True)
class Grounds:
    """What the gate decided by: the stored facts, and the `case` that it was given."""

    facts: MessageFacts
    case: GateInput


PROVIDER_RECHECK = timedelta(hours=1)


@dataclass(frozen=True)
class BatchDecision:
    """The `mails` to send, with their `evidence` and the `grounds` of the decision by message id;
    `refused` and `deferred` messages.
    """

    mails: list[Mail]
    evidence: dict[str, str]
    grounds: dict[str, Grounds]
    refused: list[Settlement]
    deferred: list[tuple[str, Deferred]]

    @property
    def total(self) -> int:
        return len(self.mails) + len(self.refused) + len(self.deferred)


def decide_batch(
    shop: OpenShop,
    messages: Sequence[LoadedMessage],
    *,
    now: datetime,
    stopped_providers: Collection[str] = (),
) -> BatchDecision:
    """Returns the decision about `messages`, in their order: an earlier mail may use up the cap.

    Mail to `stopped_providers` waits.
    """
    batch = BatchDecision([], {}, {}, [], [])
    limits, caps = limits_of(shop), caps_of(shop)
    counted_now: dict[tuple[int, Purpose], list[datetime]] = defaultdict(list)
    for message in messages:
        case, cap = message.case, caps[message.case.purpose]
        key = (message.customer_id, case.purpose)
        if cap.holds_back(case.purpose, is_correction=message.is_correction):
            counted = [*message.counted, *counted_now[key]]
            case = replace(case, capped_until=cap.reached_until(counted, now))
        decision = evaluate_gate(case, limits, now=now)
        if message.removed:
            decision = Skipped(message.removed)
        if isinstance(decision, Go) and _provider(message) in stopped_providers:
            decision = Deferred(now + PROVIDER_RECHECK, Reason.PROVIDER_STOPPED)
        if isinstance(decision, Go):
            decision = _render(shop, message, batch, now=now)
        if isinstance(decision, Go):
            batch.grounds[message.id] = Grounds(message.judged_by, case)
            if cap.counts(case.purpose, State.SENDING):
                counted_now[key].append(now)
        elif isinstance(decision, Deferred):
            batch.deferred.append((message.id, decision))
        else:
            failed = decision.reason is Reason.RENDER_FAILED
            state = State.FAILED if failed else State.SKIPPED
            batch.refused.append(Settlement(message.id, state, str(decision)))
    return batch


def _provider(message: LoadedMessage) -> str | None:
    return mailbox_provider(message.email) if message.email else None


def limits_of(shop: OpenShop) -> Limits:
    """Returns when mail may go, as the config of `shop` says."""
    sending = shop.config.sending
    return Limits(
        quiet_hours=sending.quiet_hours,
        usual_time=sending.usual_time,
        closed=shop.config.shop.closed,
        shop_zone=shop.config.shop.zone,
        language=shop.language,
    )


def _render(
    shop: OpenShop, message: LoadedMessage, batch: BatchDecision, *, now: datetime
) -> Go | Skipped:
    link = _unsubscribe_link(shop, message)
    try:
        variables = with_variables(shop.config, json.loads(message.variables), now)
        facts = replace(message.facts, with_=variables, unsubscribe_url=link)
        rendered = shop.renderer.render(message.template, facts)
    except (RenderError, ValueError) as error:
        return Skipped(Reason.RENDER_FAILED, str(error))
    batch.mails.append(_build_mail(shop, message, rendered, link, now))
    batch.evidence[message.id] = message.evidence
    return Go()


def _build_mail(
    shop: OpenShop, message: LoadedMessage, rendered: RenderedMail, link: str, now: datetime
) -> Mail:
    sender = shop.config.sending.from_
    return Mail(
        message_id=message.id,
        sender_name=sender.name or shop.config.shop.name,
        sender_address=sender.address,
        to_address=message.email or "",
        to_name=message.facts.customer.first_name,
        reply_to=shop.config.shop.reply_to,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        unsubscribe_url=link,
        date=now,
        purpose=message.case.purpose.value,
    )


def _unsubscribe_link(shop: OpenShop, message: LoadedMessage) -> str:
    """A page or a mailto link; its token identifies the customer, not the address they use.

    A service mail never uses the provider's own unsubscribe link: it would not reach customers
    who left that list.
    """
    public_address, sending = shop.config.shop.public_address, shop.config.sending
    placeholder = sending.unsubscribe_placeholder
    if placeholder and message.case.purpose.value == "marketing":
        return placeholder
    token = unsubscribe_token(shop.secret, message.customer_id, message.id)
    if public_address and sending.unsubscribe_by != "mailbox":
        return unsubscribe_url(public_address, token)
    mailbox_address = sending.mailbox.address if sending.mailbox else None
    return unsubscribe_mailto(mailbox_address or shop.config.shop.reply_to, token)
