"""Decides about a batch of messages: gate, cap and rendering of those that go."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.delivery.build_mail import Envelope, build_mail, unsubscribe_link
from engine.delivery.cap import Caps, caps_of
from engine.delivery.load_messages import LoadedMessage
from engine.delivery.mail_text import with_variables
from engine.delivery.message_facts import MessageFacts
from engine.message_states import State
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from mail.failures.mailbox_providers import mailbox_provider
from mail.gate.gate import (
    Decision,
    Deferred,
    GateInput,
    Go,
    Limits,
    Skipped,
    evaluate_gate,
)
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.render.mail_facts import MailFacts
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
    """The `mails` to send; `refused` and `deferred` messages.

    By message id: the `evidence` and the `grounds` of those that go; and of a digest the `parts`,
    the other messages that go with it.
    """

    mails: list[Mail]
    evidence: dict[str, str]
    grounds: dict[str, Grounds]
    refused: list[Settlement]
    deferred: list[tuple[str, Deferred]]
    parts: dict[str, list[str]]

    def in_one_mail(self, message_id: str) -> list[str]:
        """Returns the messages that go under `message_id`: it, and the parts of its digest."""
        return [message_id, *self.parts.get(message_id, ())]

    @property
    def total(self) -> int:
        return len(self.grounds) + len(self.refused) + len(self.deferred)


def decide_batch(
    shop: OpenShop,
    messages: Sequence[LoadedMessage],
    *,
    now: datetime,
    stopped_providers: Collection[str] = (),
) -> BatchDecision:
    """Returns the decision about `messages`, in their order: an earlier mail may use up the cap.
    Service mails to one customer that may go at once are one mail.

    Mail to `stopped_providers` waits.
    """
    batch = BatchDecision([], {}, {}, [], [], {})
    rules = _BatchRules(shop, now, limits_of(shop), caps_of(shop), stopped_providers)
    counted_now: dict[tuple[int, Purpose], list[datetime]] = defaultdict(list)
    for group in _mails_that_may_go_together(messages):
        key = (group[0].customer_id, group[0].case.purpose)
        going = [
            rendered
            for message in group
            if (rendered := _decide(message, batch, rules, counted_now[key]))
        ]
        if going:
            _add_mail(shop, going, batch, now)
            if rules.caps[key[1]].counts(key[1], State.SENDING):
                counted_now[key].append(now)
    return batch


@dataclass(frozen=True)
class _BatchRules:
    """What decides about all messages of a batch."""

    shop: OpenShop
    now: datetime
    limits: Limits
    caps: Caps
    stopped_providers: Collection[str]


@dataclass(frozen=True)
class _GoingMail:
    """A message that may go, with its own mail."""

    message: LoadedMessage
    facts: MailFacts
    rendered: RenderedMail


def _mails_that_may_go_together(
    messages: Sequence[LoadedMessage],
) -> Iterable[list[LoadedMessage]]:
    """Service mails to one customer are one group, the oldest first; each other mail is its own."""
    groups: dict[object, list[LoadedMessage]] = defaultdict(list)
    for message in messages:
        is_service = message.case.purpose is Purpose.SERVICE and not message.is_correction
        groups[message.customer_id if is_service else message.id].append(message)
    return [sorted(group, key=lambda message: message.created_at) for group in groups.values()]


def _decide(
    message: LoadedMessage, batch: BatchDecision, rules: _BatchRules, counted_now: list[datetime]
) -> _GoingMail | None:
    """Returns the mail if it may go; else adds why not to `batch`."""
    now = rules.now
    case, decision = evaluate_message(message, rules.limits, rules.caps, counted_now, now=now)
    if isinstance(decision, Go) and _provider(message) in rules.stopped_providers:
        decision = Deferred(now + PROVIDER_RECHECK, Reason.PROVIDER_STOPPED)
    going = _written(rules.shop, message, now=now) if isinstance(decision, Go) else decision
    if isinstance(going, _GoingMail):
        batch.grounds[message.id] = Grounds(message.judged_by, case)
        batch.evidence[message.id] = message.evidence
        return going
    if isinstance(going, Deferred):
        batch.deferred.append((message.id, going))
    elif isinstance(going, Skipped):
        failed = going.reason is Reason.RENDER_FAILED
        state = State.FAILED if failed else State.SKIPPED
        batch.refused.append(Settlement(message.id, state, str(going)))
    return None


def evaluate_message(
    message: LoadedMessage,
    limits: Limits,
    caps: Caps,
    counted_now: Sequence[datetime] = (),
    *,
    now: datetime,
) -> tuple[GateInput, Decision]:
    """Returns what the gate is given for `message`, the cap included, and its decision.

    `counted_now` are the times of mails to the customer in the same batch.
    """
    case, cap = message.case, caps[message.case.purpose]
    if cap.holds_back(case.purpose, is_correction=message.is_correction):
        counted = [*message.counted, *counted_now]
        case = replace(case, capped_until=cap.reached_until(counted, now))
    if message.removed:
        return case, Skipped(message.removed)
    return case, evaluate_gate(case, limits, now=now)


def _add_mail(
    shop: OpenShop, going: Sequence[_GoingMail], batch: BatchDecision, now: datetime
) -> None:
    """One mail, or a digest of several under the id of the first.

    Mails that cannot be put together, as those with a layout of their own, go one by one.
    """
    first = going[0]
    rendered = first.rendered
    if len(going) > 1:
        try:
            rendered = shop.renderer.render_digest(
                [(mail.message.template, mail.facts) for mail in going]
            )
        except RenderError:
            for mail in going:
                _add_mail(shop, [mail], batch, now)
            return
        batch.parts[first.message.id] = [mail.message.id for mail in going[1:]]
    link = first.facts.unsubscribe_url
    batch.mails.append(_build_mail(shop, first.message, rendered, link, now))


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
    )


def _written(shop: OpenShop, message: LoadedMessage, *, now: datetime) -> _GoingMail | Skipped:
    try:
        link = _unsubscribe_link(shop, message)
        return _GoingMail(message, *render_message(shop, message, link, now=now))
    except (RenderError, ValueError) as error:
        return Skipped(Reason.RENDER_FAILED, str(error))


def render_message(
    shop: OpenShop, message: LoadedMessage, link: str, *, now: datetime
) -> tuple[MailFacts, RenderedMail]:
    """Returns what the mail of `message` shows, and the mail with `link` for unsubscribing.

    Raises RenderError, and ValueError for a `with` that cannot be read.
    """
    variables = with_variables(shop.config, json.loads(message.variables), now, message.language)
    facts = replace(message.facts, with_=variables, unsubscribe_url=link)
    return facts, shop.renderer.render(message.template, facts)


def _build_mail(
    shop: OpenShop, message: LoadedMessage, rendered: RenderedMail, link: str, now: datetime
) -> Mail:
    envelope = Envelope(
        message.id, message.email or "", message.facts.customer.first_name, link,
        message.case.purpose,
    )  # fmt: skip
    return build_mail(shop, envelope, rendered, now)


def _unsubscribe_link(shop: OpenShop, message: LoadedMessage) -> str:
    return unsubscribe_link(shop, message.customer_id, message.id, message.case.purpose)
