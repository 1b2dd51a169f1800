"""Stores what the sender answered, and settles mails whose sending was interrupted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import Connection, select, update
from sqlmodel import col

from engine.message_states import State
from engine.messages.bulk_update import update_columns
from engine.messages.delivery_events import refresh_states
from engine.messages.leases import CutOff, release_messages
from engine.messages.service_digest import parts_of
from engine.messages.settle import settle_messages
from engine.messages.settlement import Settlement
from engine.open.open_shop import OpenShop
from engine.tick_context import TickContext
from mail.gate.reasons import Reason
from mail.senders import journal
from mail.senders.outbox.sender import OutboxSender
from mail.senders.protocol import (
    Accepted,
    NoSuchAddress,
    Outcome,
    RecallResult,
    Refused,
    TemporaryFailure,
    Withheld,
)
from shop.consent.refusals import Refusal, record_refusals
from shop.consent.suppressions import EventKind
from shop.db.engine import read_transaction
from shop.db.upsert import table_of
from shop.tables import Message

# Greylisting accepts the second attempt; a full mailbox takes hours.
RETRY_DELAYS = (timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
DEFERRED = {
    "state": State.DEFERRED.value, "claimed_by": None, "settled_at": None, "digest_id": None,
}  # fmt: skip


def store_outcomes(
    connection: Connection,
    shop: OpenShop,
    outcomes: Sequence[Outcome],
    through: str,
    context: TickContext,
) -> None:
    """Settles the messages of final `outcomes`, schedules the retry of deferred ones and
    queues withheld ones again.

    `through` is the name of the sender. Unknown addresses are suppressed.
    """
    temporary = [outcome for outcome in outcomes if isinstance(outcome, TemporaryFailure)]
    final = [out for out in outcomes if not isinstance(out, TemporaryFailure | Withheld)]
    withheld = [outcome.message_id for outcome in outcomes if isinstance(outcome, Withheld)]
    release_messages(connection, withheld)
    settlements = [_settlement(through, outcome) for outcome in final]
    settle_messages(connection, shop.config, settlements, context)
    if through != OutboxSender.name:
        refresh_states(connection, shop, [outcome.message_id for outcome in final], context)
    last_attempts = _schedule_retry(connection, temporary, context)
    refusals = [*map(_refusal, final), *map(_refusal, last_attempts)]
    record_refusals(connection, dict(filter(None, refusals)), through, context.now)


def _refusal(outcome: Outcome) -> tuple[str, Refusal] | None:
    """The event that follows from a refusal by a mail server; None where there was none."""
    if isinstance(outcome, Accepted | Withheld) or outcome.cause is None:
        return None
    is_final = isinstance(outcome, NoSuchAddress)
    kind = EventKind.BOUNCED if is_final else EventKind.SOFT_BOUNCED
    return outcome.message_id, Refusal(kind, outcome.cause, outcome.reason)


def settle_cut_off(
    connection: Connection, shop: OpenShop, cut_off: Sequence[CutOff], context: TickContext
) -> None:
    """Settles the interrupted mails `cut_off` by what their senders know of them.

    Sent if the sender accepted it, in doubt if it may have, else queued again.
    """
    recalled = recall_cut_off(shop, cut_off)
    through = {mail.message_id: mail.through for mail in cut_off}
    accepted = [id_ for id_ in through if id_ in recalled.accepted]
    doubt = str(Reason.IN_DOUBT)
    settlements = [
        *(Settlement(id_, accepted_state(through[id_])) for id_ in accepted),
        *(Settlement(id_, State.IN_DOUBT, doubt) for id_ in sorted(recalled.in_doubt)),
    ]
    settle_messages(connection, shop.config, settlements, context)
    # Events that arrived meanwhile could not be applied to a mail in `sending`.
    refresh_states(connection, shop, [*accepted, *sorted(recalled.in_doubt)], context)
    release_messages(connection, sorted(through.keys() - recalled.accepted - recalled.in_doubt))


def back_off_interrupted(connection: Connection, cut_off: CutOff) -> None:
    """Delays a queued mail at which the connection broke, so that it does not block the others."""
    table = table_of(Message)
    is_queued = (table.c.id == cut_off.message_id, table.c.state == State.QUEUED.value)
    attempts = connection.scalar(select(table.c.attempts).where(*is_queued))
    if attempts is not None:
        delay = _retry_delay(attempts - 1) if attempts else None
        columns = {
            "attempts": attempts + 1,
            "retry_at": datetime.now(UTC) + delay if delay else None,
        }
        connection.execute(update(table).where(*is_queued).values(**columns))


def _retry_delay(attempts: int) -> timedelta:
    return RETRY_DELAYS[min(attempts, len(RETRY_DELAYS) - 1)]


def settle_failed_send(
    connection: Connection, shop: OpenShop, cut_off: CutOff, reason: str, context: TickContext
) -> None:
    """Fails one mail over which the sender raised, unless the sender has it or may have it."""
    recalled = recall_cut_off(shop, [cut_off])
    if cut_off.message_id in recalled.accepted | recalled.in_doubt:
        settle_cut_off(connection, shop, [cut_off], context)
    else:
        settlement = Settlement(cut_off.message_id, State.FAILED, f"{Reason.REFUSED}: {reason}")
        settle_messages(connection, shop.config, [settlement], context)


def clear_journals(shop: OpenShop, cut_off: Iterable[CutOff]) -> None:
    """Deletes the journals of ended deliveries, unless their messages are still in `sending`."""
    lease_owners = {mail.lease_owner for mail in cut_off}
    if lease_owners:
        query = select(col(Message.claimed_by)).where(col(Message.state) == State.SENDING.value)
        with read_transaction(shop.engine) as connection:
            lease_owners -= set(connection.scalars(query))
    journal.remove_journals(shop.folder / journal.JOURNAL_FOLDER, lease_owners)


def recall_cut_off(shop: OpenShop, cut_off: Iterable[CutOff]) -> RecallResult:
    """Returns what the senders know of interrupted mails; each mail is asked at its own sender."""
    by_sender: dict[str, dict[str, str]] = defaultdict(dict)
    for mail in cut_off:
        by_sender[mail.through][mail.message_id] = mail.lease_owner
    recalls = [
        _recall_function(shop, through)(lease_owners) for through, lease_owners in by_sender.items()
    ]
    return RecallResult(
        accepted=frozenset().union(*(recall.accepted for recall in recalls)),
        in_doubt=frozenset().union(*(recall.in_doubt for recall in recalls)),
    )


def _recall_function(shop: OpenShop, through: str) -> Callable[[Mapping[str, str]], RecallResult]:
    for sender in (shop.sender, shop.rehearsal):
        if through == sender.name:
            return sender.recall
    return partial(journal.recall_messages, shop.folder / journal.JOURNAL_FOLDER)


def _settlement(through: str, outcome: Accepted | Refused | NoSuchAddress) -> Settlement:
    match outcome:
        case Accepted():
            return Settlement(outcome.message_id, accepted_state(through))
        case NoSuchAddress():
            reason = f"{Reason.NO_SUCH_ADDRESS}: {outcome.reason}"
            return Settlement(outcome.message_id, State.BOUNCED, reason)
        case Refused():
            return Settlement(
                outcome.message_id, State.FAILED, f"{Reason.REFUSED}: {outcome.reason}"
            )


def accepted_state(through: str) -> State:
    """Returns the state of a mail that the sender `through` accepted."""
    return State.REHEARSED if through == OutboxSender.name else State.SENT


def _schedule_retry(
    connection: Connection, outcomes: Sequence[TemporaryFailure], context: TickContext
) -> list[TemporaryFailure]:
    """By the machine's clock: a mail server does not know `--at`.

    Returns those whose retry comes after the message's deadline: it was the last attempt.
    """
    if not outcomes:
        return []
    ids = [outcome.message_id for outcome in outcomes]
    columns = select(col(Message.id), col(Message.attempts), col(Message.deadline))
    messages = connection.execute(columns.where(col(Message.id).in_(ids))).all()
    attempts = {row.id: row.attempts for row in messages}
    deadlines = {row.id: row.deadline for row in messages}
    rows = [
        {
            "row": outcome.message_id,
            "reason": f"{Reason.PROVIDER_DEFERRED}: {outcome.reason}",
            "attempts": attempts[outcome.message_id] + 1,
            "retry_at": datetime.now(UTC) + _retry_delay(attempts[outcome.message_id]),
        }
        | DEFERRED
        | {"tick_id": context.tick}
        for outcome in outcomes
    ]
    by_message = {row["row"]: row for row in rows}
    rows += [by_message[digest] | {"row": part} for part, digest in parts_of(connection, ids)]
    connection.execute(update_columns(Message, *(name for name in rows[0] if name != "row")), rows)
    return [
        outcome
        for outcome in outcomes
        if context.now + _retry_delay(attempts[outcome.message_id]) > deadlines[outcome.message_id]
    ]
