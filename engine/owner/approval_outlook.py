"""What would become of waiting mails if they were approved now, by the gate that delivery asks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.delivery.cap import Caps, caps_of
from engine.delivery.gate_batch import evaluate_message, limits_of
from engine.delivery.load_messages import LoadedMessage, load_messages
from engine.messages.correction import is_correction_rule
from engine.messages.leases import BATCH_SIZE
from engine.open.open_shop import OpenShop
from mail.gate.gate import Decision, Deferred, Limits, Skipped
from shop.db.stops import load_stops
from templates.language import ENGLISH, owner_sentences


@dataclass(frozen=True)
class Outlook:
    """What the gate says about one waiting mail.

    `refusal` is why it can no longer go, and `reason` the same as it is stored with the message.
    `goes` says when it goes otherwise. `basis` and `evidence` are the consent it rests on.
    """

    customer_id: int
    basis: str
    evidence: str
    goes: str = ""
    refusal: str | None = None
    reason: str | None = None


def load_outlooks(
    connection: Connection, shop: OpenShop, message_ids: Sequence[str], *, now: datetime
) -> dict[str, Outlook]:
    """Returns the outlook of each of `message_ids`, which must exist; nothing is changed."""
    limits, caps = limits_of(shop), caps_of(shop)
    stops = load_stops(connection)
    outlooks: dict[str, Outlook] = {}
    for start in range(0, len(message_ids), BATCH_SIZE):
        batch = message_ids[start : start + BATCH_SIZE]
        for message in load_messages(connection, shop, batch, now=now, caps=caps):
            outlooks[message.id] = _outlook(shop, message, limits, caps, stops, now)
    return outlooks


def find_refusals(
    connection: Connection, shop: OpenShop, message_ids: Sequence[str], *, now: datetime
) -> dict[str, Outlook]:
    """Returns the outlooks of those of `message_ids` that can no longer go."""
    outlooks = load_outlooks(connection, shop, message_ids, now=now)
    return {id_: outlook for id_, outlook in outlooks.items() if outlook.refusal}


def _outlook(
    shop: OpenShop,
    message: LoadedMessage,
    limits: Limits,
    caps: Caps,
    stops: Collection[str | None],
    now: datetime,
) -> Outlook:
    _, decision = evaluate_message(message, limits, caps, now=now)
    basis = (message.customer_id, message.judged_by.basis, message.evidence)
    if isinstance(decision, Skipped):
        return Outlook(*basis, refusal=_refusal(decision), reason=str(decision))
    return Outlook(*basis, goes=_goes(shop, message, decision, stops))


def _refusal(decision: Skipped) -> str:
    if decision.reason == "stopped" and decision.detail:
        return decision.detail
    text: str = _texts().REASONS.get(decision.reason, str(decision.reason))
    return f"{text} ({decision.detail})" if decision.detail else text


def _goes(
    shop: OpenShop, message: LoadedMessage, decision: Decision, stops: Collection[str | None]
) -> str:
    sentences = _texts()
    if stopped := _stop(message.rule, stops):
        return str(sentences.IS_STOPPED.format(what=stopped))
    if isinstance(decision, Deferred):
        moment = ENGLISH.day_and_time(decision.until.astimezone(shop.config.shop.zone))
        reason = sentences.REASONS.get(decision.reason, str(decision.reason))
        return str(sentences.GOES_LATER.format(moment=moment, reason=reason))
    return str(sentences.GOES if shop.sender.reaches_people else sentences.IS_REHEARSED)


def _stop(rule: str, stops: Collection[str | None]) -> str | None:
    if None in stops:
        return str(_texts().ALL_MAIL)
    return rule if rule in stops and not is_correction_rule(rule) else None


def _texts() -> Any:
    return owner_sentences("approvals")


def summarize_refusals(refusals: Mapping[str, Outlook]) -> list[str]:
    """Returns a line for each refused mail: the beginning of its id, and why it no longer goes."""
    return [f"{id_[:8]} no longer goes: {outlook.refusal}" for id_, outlook in refusals.items()]
