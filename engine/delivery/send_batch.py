"""Sends the mails of a batch by their routes, and stores what becomes of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from engine.delivery.routing import Route, leased_mails
from engine.delivery.send_check import BatchCheck, StoppedError
from engine.delivery.sender_outcomes import (
    back_off_interrupted,
    settle_cut_off,
    settle_failed_send,
    store_outcomes,
)
from engine.messages.held_lease import HeldLease, LeaseLostError
from engine.messages.leases import CutOff
from engine.messages.refusing_providers import stop_refusing_providers
from engine.open.open_shop import OpenShop
from engine.tick_context import TickContext
from mail.message.mime import Mail
from mail.senders.protocol import Delivery, Outcome, SendCheck
from settings.errors import UnavailableError
from shop.db.engine import write_transaction


def send_batch(
    shop: OpenShop,
    context: TickContext,
    routes: Sequence[Route],
    lease: HeldLease,
    mails: Sequence[Mail],
    check: BatchCheck,
) -> None:
    """Sends `mails`, each by its route, and stores the outcomes.

    Raises `UnavailableError` where sending ended early; all mails without an outcome are queued
    again then, or in doubt.
    """
    for place in range(len(routes)):
        _send_by_first_route(shop, context, routes[place:], lease, mails, check)


def _send_by_first_route(
    shop: OpenShop,
    context: TickContext,
    routes: Sequence[Route],
    lease: HeldLease,
    all_mails: Sequence[Mail],
    check: BatchCheck,
) -> None:
    """Sends the mails of the first route and stores their outcomes, which come in their order.

    An error of the sender fails one mail and sending goes on with the next; `UnavailableError`
    requeues the unsent mails, those of the later routes too, and is raised. Nothing is stored of a
    mail that is no longer ours.
    """
    route, mails = routes[0], routes[0].own_mails(all_mails)
    unsent, later = (
        leased_mails(routes[:1], mails, lease),
        leased_mails(routes[1:], all_mails, lease),
    )
    while unsent:
        outcomes, error = collect_outcomes(
            route.delivery, mails[len(mails) - len(unsent) :], check, check.breaker.count
        )
        unsent = unsent[len(outcomes) :]
        interrupted = [*unsent, *later] if isinstance(error, UnavailableError) else unsent[:1]
        message_ids = [each.message_id for each in (*outcomes, *interrupted)]
        with write_transaction(shop.engine) as connection:
            own = lease.lock_own(connection, message_ids)
            own_outcomes = [outcome for outcome in outcomes if outcome.message_id in own]
            store_outcomes(connection, shop, own_outcomes, route.sender_name, context)
            stop_refusing_providers(connection, check.breaker.take_opened(), now=context.now)
            own_interrupted = [cut_off for cut_off in interrupted if cut_off.message_id in own]
            _store_interruption(connection, shop, own_interrupted, error, context)
            if is_broken(error) and unsent and unsent[0].message_id in own:
                back_off_interrupted(connection, unsent[0])
        lease.settled(message_ids)
        route.delivery.outcomes_saved()
        if isinstance(error, UnavailableError):
            raise error
        unsent = unsent[1:]


def _store_interruption(
    connection: Connection,
    shop: OpenShop,
    interrupted: Sequence[CutOff],
    error: Exception | None,
    context: TickContext,
) -> None:
    """Stores what became of the mails without an outcome, at the first of which sending ended."""
    if isinstance(error, UnavailableError):
        settle_cut_off(connection, shop, interrupted, context)
    else:
        reason = type(error).__name__ if error else "no answer"
        for cut_off in interrupted:
            settle_failed_send(connection, shop, cut_off, reason, context)


def collect_outcomes(
    delivery: Delivery,
    mails: Sequence[Mail],
    check: SendCheck,
    count: Callable[[Outcome], None] = lambda _outcome: None,
) -> tuple[list[Outcome], Exception | None]:
    """Returns the outcomes of `mails` until the sender raised, and the error; a sender never raises
    through. `count` gets each outcome before the next mail leaves.
    """
    outcomes: list[Outcome] = []
    try:
        for outcome in delivery.send(mails, check):
            outcomes.append(outcome)
            count(outcome)
    except Exception as error:  # noqa: BLE001  # any error of a sender ends one mail only
        return outcomes, error
    return outcomes, None


def is_broken(error: Exception | None) -> bool:
    """Whether the connection broke at a mail, which may be the reason."""
    return isinstance(error, UnavailableError) and not isinstance(
        error, StoppedError | LeaseLostError
    )
