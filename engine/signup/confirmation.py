"""Sends the confirmation mail of a sign-up (double opt-in).

The state `sending` is committed before the network is used, as for every mail. These mails belong
to no rule and no customer: there is none before the confirmation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    bindparam,
    select,
    update,
)
from sqlmodel import col

from engine.delivery.gate_batch import PROVIDER_RECHECK
from engine.delivery.routing import Route, leased_mails, open_routes, sender_name_for
from engine.delivery.send_batch import collect_outcomes, is_broken
from engine.delivery.send_check import StopCheck, never_stop
from engine.delivery.sender_outcomes import RETRY_DELAYS, accepted_state, recall_cut_off
from engine.message_states import State
from engine.messages.bulk_update import update_columns
from engine.messages.held_lease import HeldLease
from engine.messages.leases import CutOff, take_over_abandoned
from engine.open.open_shop import OpenShop
from engine.signup.build_confirmation import build_confirmation
from engine.signup.confirmation_limits import (
    confirmation_check,
    load_suppressed_mailboxes,
    sent_per_mailbox,
)
from engine.signup.open_sign_ups import IS_SENDING, IS_WAITING, due_query, has_open_sign_ups
from mail.failures.mailbox_providers import mailbox_provider
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.senders import journal
from mail.senders.protocol import (
    Accepted,
    NoSuchAddress,
    Outcome,
    Refused,
    SendCheck,
    TemporaryFailure,
    Withheld,
)
from settings.errors import UnavailableError
from shop.consent.delivery_events import record_events
from shop.consent.mailbox_spellings import mailbox_of
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.change_watch import open_change_watch
from shop.db.engine import write_transaction
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops
from shop.db.upsert import table_of
from shop.db.workers import register_lease_owner
from shop.identity.customers import lock_identity_writes
from shop.tables import SignUp

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
MAX_PER_DAY, MAX_PER_MONTH = 1, 3  # per mailbox
MAX_AGE = DAY


@dataclass
class ConfirmationBatch:
    """The mails to send, the sign-ups that were refused, and those whose provider is stopped."""

    mails: list[Mail] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)


def send_confirmations(
    shop: OpenShop, *, now: datetime, should_stop: StopCheck = never_stop
) -> int:
    """Send the confirmation mails of all waiting sign-ups; returns how many. `now` is the machine's
    clock.

    Raises `UnavailableError` where the connection breaks, and `StoppedError` once `should_stop` is
    true; the remaining mails are tried again later.
    """
    if not has_open_sign_ups(shop):
        return 0
    _reclaim_abandoned(shop, now)
    sent = 0
    with (
        register_lease_owner() as worker,
        open_routes(shop, worker) as routes,
        open_change_watch(shop.engine) as watch,
    ):
        lease = HeldLease(shop.engine, worker, shop.lease, SignUp)
        while batch := _next_batch(shop, lease, now):
            check = confirmation_check(shop.engine, batch.mails, watch, should_stop)
            check.check_lease = lease.check
            for place in range(len(routes)):
                _send_batch(shop, routes[place:], lease, batch.mails, now, check)
            sent += len(batch.mails) - len(check.withheld)
    return sent


def cancel_waiting(connection: Connection, reason: str, *, now: datetime) -> None:
    """Skip all waiting sign-ups with `reason`; the people concerned can sign up again."""
    skipped = {"state": State.SKIPPED.value, "reason": reason, "settled_at": now}
    connection.execute(update(table_of(SignUp)).where(IS_WAITING).values(skipped))


def _next_batch(shop: OpenShop, lease: HeldLease, now: datetime) -> ConfirmationBatch | None:
    """One transaction from checking suppressions, stops and caps to the state `sending`."""
    with write_transaction(shop.engine) as connection:
        # two processes must not both find the address without a mail
        lock_identity_writes(connection)
        if shop.config.sign_up is None or None in load_stops(connection):
            return None
        rows = connection.execute(due_query(), {"by_machine": datetime.now(UTC)}).all()
        if not rows:
            return None
        batch = _decide(connection, shop, rows, now)
        _set_state(connection, State.SKIPPED, batch.refused, now)
        for sign_up in batch.held:
            _wait(connection, sign_up, Reason.PROVIDER_STOPPED, _retry_at(PROVIDER_RECHECK))
        _mark_sending(connection, shop, batch.mails, lease, now)
    return batch


def _decide(
    connection: Connection, shop: OpenShop, rows: Sequence[Row[Any]], now: datetime
) -> ConfirmationBatch:
    mailboxes = {row.mailbox for row in rows}
    # Not by the stored mailbox: an earlier version knew fewer spellings.
    suppressed = load_suppressed_mailboxes(connection, {mailbox_of(row.address) for row in rows})
    sent_today, sent_this_month = (
        sent_per_mailbox(connection, mailboxes, now - since) for since in (DAY, MONTH)
    )
    stopped = load_provider_stops(connection)
    batch = ConfirmationBatch()
    for row in rows:
        mailbox = row.mailbox
        if reason := suppressed.get(mailbox_of(row.address)):
            batch.refused[row.id] = f"{Reason.SUPPRESSED}: {reason}"
        elif row.asked_at < now - MAX_AGE:
            batch.refused[row.id] = str(Reason.TOO_LATE)
        elif sent_today[mailbox] >= MAX_PER_DAY or sent_this_month[mailbox] >= MAX_PER_MONTH:
            batch.refused[row.id] = str(Reason.CAP)
        elif mailbox_provider(row.address) in stopped:
            batch.held.append(row.id)
        else:
            sent_today[mailbox] += 1
            sent_this_month[mailbox] += 1
            batch.mails.append(build_confirmation(shop, row, now))
    return batch


def _mark_sending(
    connection: Connection, shop: OpenShop, mails: Sequence[Mail], lease: HeldLease, now: datetime
) -> None:
    if not mails:
        return
    shared = {"state": State.SENDING.value, "reason": None, "settled_at": now}
    leased = lease.take(connection, [mail.message_id for mail in mails])
    rows = [
        {"row": mail.message_id, "through": sender_name_for(shop, mail)}
        | shared
        | leased[mail.message_id]
        for mail in mails
    ]
    columns = (name for name in rows[0] if name != "row")
    connection.execute(update_columns(SignUp, *columns), rows)


def _send_batch(
    shop: OpenShop,
    routes: Sequence[Route],
    lease: HeldLease,
    all_mails: Sequence[Mail],
    now: datetime,
    check: SendCheck,
) -> None:
    """Sends the mails of the first route, as `engine.delivery.send_batch` does: a mail that raises
    an error does not affect the following ones, and nothing is stored of a mail that is no longer
    ours.
    """
    route, mails = routes[0], routes[0].own_mails(all_mails)
    remaining = leased_mails(routes[:1], mails, lease)
    later = leased_mails(routes[1:], all_mails, lease)
    while remaining:
        outcomes, error = collect_outcomes(
            route.delivery, mails[len(mails) - len(remaining) :], check
        )
        remaining = remaining[len(outcomes) :]
        interrupted = [*remaining, *later] if isinstance(error, UnavailableError) else remaining[:1]
        sign_ups = [each.message_id for each in (*outcomes, *interrupted)]
        with write_transaction(shop.engine) as connection:
            own = lease.lock_own(connection, sign_ups)
            for outcome in outcomes:
                if outcome.message_id in own:
                    _record_outcome(connection, outcome, route.sender_name, now)
            own_interrupted = [cut_off for cut_off in interrupted if cut_off.message_id in own]
            _record_interruption(connection, shop, own_interrupted, error, now)
            if is_broken(error) and remaining and remaining[0].message_id in own:
                _postpone_broken(connection, remaining[0].message_id)
        lease.settled(sign_ups)
        route.delivery.outcomes_saved()
        if isinstance(error, UnavailableError):
            raise error
        remaining = remaining[1:]


def _record_interruption(
    connection: Connection,
    shop: OpenShop,
    interrupted: Sequence[CutOff],
    error: Exception | None,
    now: datetime,
) -> None:
    if not isinstance(error, UnavailableError):
        reason = f"{Reason.REFUSED}: {type(error).__name__ if error else 'no answer'}"
        _resolve_cut_off(connection, shop, interrupted, now, else_failed=reason)
        return
    _resolve_cut_off(connection, shop, interrupted, now)


def _record_outcome(connection: Connection, outcome: Outcome, through: str, now: datetime) -> None:
    sign_up = outcome.message_id
    match outcome:
        case Accepted():
            _set_state(connection, accepted_state(through), {sign_up: None}, now)
        case Refused():
            _set_state(
                connection, State.FAILED, {sign_up: f"{Reason.REFUSED}: {outcome.reason}"}, now
            )
        case NoSuchAddress():
            reasons = {sign_up: f"{Reason.NO_SUCH_ADDRESS}: {outcome.reason}"}
            _set_state(connection, State.BOUNCED, reasons, now)
            _record_bounce(connection, outcome, through, now)
        case TemporaryFailure():
            _defer(connection, outcome)
        case Withheld():
            _release(connection, sign_up)


def _record_bounce(
    connection: Connection, outcome: NoSuchAddress, through: str, now: datetime
) -> None:
    address = connection.scalar(_address_query(), {"sign_up": outcome.message_id})
    key = f"{outcome.message_id}/{now.isoformat()}"
    event = DeliveryEvent(
        through, key, EventKind.BOUNCED, now, outcome.message_id, address, outcome.reason,
        reason=outcome.cause,
    )  # fmt: skip
    record_events(connection, [event], now=now)


@cache
def _address_query() -> Select[tuple[str]]:
    return select(col(SignUp.address)).where(col(SignUp.id) == bindparam("sign_up"))


def _defer(connection: Connection, outcome: TemporaryFailure) -> None:
    """On the machine's clock: a mail server does not know of `--at`."""
    attempts_row = connection.execute(
        _attempts_query(), {"sign_up": outcome.message_id}
    ).one_or_none()
    reason = f"{Reason.PROVIDER_DEFERRED}: {outcome.reason}"
    next_attempt = _next_attempt(attempts_row.attempts if attempts_row else 0)
    _wait(connection, outcome.message_id, reason, next_attempt)


def _wait(connection: Connection, sign_up: str, reason: str, retry: Mapping[str, Any]) -> None:
    deferred = {"state": State.DEFERRED.value, "claimed_by": None, "settled_at": None}
    _update(connection, sign_up, deferred | {"reason": str(reason)} | dict(retry))


@cache
def _attempts_query() -> Select[tuple[int, str]]:
    query = select(col(SignUp.attempts), col(SignUp.state))
    return query.where(col(SignUp.id) == bindparam("sign_up"))


def _next_attempt(attempts: int) -> dict[str, Any]:
    wait = RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)]
    return {"attempts": attempts + 1} | _retry_at(wait)


def _retry_at(wait: timedelta) -> dict[str, Any]:
    return {"retry_at": datetime.now(UTC) + wait}


def _reclaim_abandoned(shop: OpenShop, now: datetime) -> None:
    """Resolve mails that were being sent when a delivery ended, by the sender's journal."""
    with write_transaction(shop.engine) as connection:
        cut_off = take_over_abandoned(connection, SignUp)
        _resolve_cut_off(connection, shop, cut_off, now)
        lease_owners = set(connection.scalars(_lease_owners_query()))
    journal.remove_journals(
        shop.folder / journal.JOURNAL_FOLDER, {mail.lease_owner for mail in cut_off} - lease_owners
    )


@cache
def _lease_owners_query() -> Select[tuple[str | None]]:
    return select(col(SignUp.claimed_by)).where(IS_SENDING)


def _resolve_cut_off(
    connection: Connection,
    shop: OpenShop,
    cut_off: Sequence[CutOff],
    now: datetime,
    *,
    else_failed: str | None = None,
) -> None:
    """Sent where the sender has it, in doubt where it may have it, queued again otherwise."""
    recalled_mails = recall_cut_off(shop, cut_off)
    for mail in cut_off:
        sign_up = mail.message_id
        if sign_up in recalled_mails.accepted:
            _set_state(connection, accepted_state(mail.through), {sign_up: None}, now)
        elif sign_up in recalled_mails.in_doubt:
            _set_state(connection, State.IN_DOUBT, {sign_up: str(Reason.IN_DOUBT)}, now)
        elif else_failed:
            _set_state(connection, State.FAILED, {sign_up: else_failed}, now)
        else:
            _release(connection, sign_up)


def _postpone_broken(connection: Connection, sign_up: str) -> None:
    """A mail at which the connection breaks must not block the others."""
    attempts_row = connection.execute(_attempts_query(), {"sign_up": sign_up}).one_or_none()
    if attempts_row and attempts_row.state == State.QUEUED:
        _update(connection, sign_up, _next_attempt(attempts_row.attempts))


def _release(connection: Connection, sign_up: str) -> None:
    unleased = {"settled_at": None, "claimed_by": None, "claimed_until": None, "through": None}
    _update(connection, sign_up, {"state": State.QUEUED.value} | unleased)


def _set_state(
    connection: Connection, state: State, reasons: Mapping[str, str | None], now: datetime
) -> None:
    """A mail in doubt keeps its delivery: suspended, it can still say that it did not begin."""
    columns: dict[str, Any] = {"state": state.value, "settled_at": now}
    if state is not State.IN_DOUBT:
        columns["claimed_by"] = None
    for sign_up, reason in reasons.items():
        _update(connection, sign_up, columns | {"reason": reason})


def _update(connection: Connection, sign_up: str, values: Mapping[str, Any]) -> None:
    connection.execute(update_columns(SignUp, *values), {"row": sign_up} | dict(values))
