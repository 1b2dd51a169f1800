"""Reads incoming mail and applies it, in one transaction with the position in the mailbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Delete, Select, bindparam, delete, func, select
from sqlmodel import col

from connectors.sync import SyncReport
from engine.inbound.classify import (
    REPORTED,
    ClassifiedMail,
    MailboxOptOut,
    classify_mail,
    load_known,
)
from engine.inbound.complaints import hold_excess
from engine.messages.delivery_events import apply_events
from engine.open.open_shop import OpenShop
from engine.quarantine import MAILBOX_SOURCE
from engine.sync_result import SyncResult
from mail.mailbox.batches import MailboxBatch
from mail.mailbox.config import Mailbox
from mail.mailbox.factory import mailbox_identity, read_batches
from mail.mailbox.parse import parse_mail
from settings.errors import RegularsError
from shop.consent.basis import ConsentValue, record_direct_statement
from shop.consent.delivery_events import record_events
from shop.consent.suppressions import MAILBOX, EventKind
from shop.db.cached_insert import Insert
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into, insert_missing, table_of
from shop.identity.customers import email_key
from shop.identity.end_enrolments import end_enrolments
from shop.tables import Enrolment, MailEvent, Message, QuarantinedRecord, SyncState

SOURCE = MAILBOX_SOURCE
STREAM = "mails"
ANSWERED = "answered"
HELD_COMPLAINTS = "complaints to confirm"
RETENTION = timedelta(days=30)
MAX_QUARANTINED = 1_000  # a flood of mails must not flood the list
ANSWER_WINDOW = timedelta(days=1)

BatchSource = Callable[..., Iterator[MailboxBatch]]


@dataclass
class MailboxTally:
    """Counters of one run."""

    counts: Counter[str] = field(default_factory=Counter)
    quarantined: int = 0


def read_mailbox(
    shop: OpenShop, *, now: datetime, read_batches: BatchSource = read_batches
) -> SyncResult | None:
    """Read what is new in the mailbox and apply it; returns None where no mailbox is configured.

    `read_batches` yields the mails in batches; tests replace it. A connection error ends the run
    and is returned with what was read before it.
    """
    mailbox = shop.config.sending.mailbox
    if mailbox is None:
        return None
    tally, error = MailboxTally(), None
    try:
        _read_batches(shop, mailbox, tally, now, read_batches)
    except RegularsError as caught:
        error = caught
    with write_transaction(shop.engine) as connection:
        _end_answered_enrolments(connection, now)
    report = SyncReport(SOURCE, dict(tally.counts), quarantined=tally.quarantined)
    return SyncResult(SOURCE, report, error)


def _read_batches(
    shop: OpenShop, mailbox: Mailbox, tally: MailboxTally, now: datetime, read_batches: BatchSource
) -> None:
    with read_transaction(shop.engine) as connection:
        cursor = _load_cursor(connection, mailbox)
    for batch in read_batches(mailbox, cursor, now=now, base_folder=Path(shop.folder)):
        if not _process_batch(shop, mailbox, batch, cursor, tally, now):
            return  # another process has read further
        cursor = batch.cursor


def _process_batch(
    shop: OpenShop,
    mailbox: Mailbox,
    batch: MailboxBatch,
    expected_cursor: str | None,
    tally: MailboxTally,
    now: datetime,
) -> bool:
    """Apply a batch and save the position after it in one transaction; False where another process
    was faster.
    """
    address = _opt_out_only_address(shop, mailbox)
    parsed = [
        (parse_mail(arrived.content, unsubscribe_address=address), arrived.received_at)
        for arrived in batch.mails
    ]
    with write_transaction(shop.engine) as connection:
        if _load_cursor(connection, mailbox, locked=True) != expected_cursor:
            return False
        known_senders = load_known(connection, [mail for mail, _ in parsed], shop.secret)
        classified = [
            classify_mail(mail, min(at, now), known_senders, shop.secret) for mail, at in parsed
        ]
        held = _apply(connection, shop, classified, now)
        tally.quarantined += _quarantine(connection, classified, now)
        _save_cursor(connection, mailbox, batch.cursor, now)
    tally.counts.update(word for arrived in classified for word in arrived.counts)
    if held:
        tally.counts.subtract({REPORTED[EventKind.COMPLAINED]: held})
        tally.counts.update({HELD_COMPLAINTS: held})
    return True


def _opt_out_only_address(shop: OpenShop, mailbox: Mailbox) -> str | None:
    """The mailbox's address where it receives nothing but opt-outs; None where people also write
    there about other things.
    """
    general_addresses = {
        email_key(shop.config.shop.reply_to),
        email_key(shop.config.sending.from_.address),
    }
    address = email_key(mailbox.address)
    return None if address in general_addresses else address


def _apply(
    connection: Connection, shop: OpenShop, classified: Sequence[ClassifiedMail], now: datetime
) -> int:
    """Returns how many complaints wait for the owner's decision."""
    events = [event for mail in classified for event in mail.events]
    events = hold_excess(connection, events)
    apply_events(connection, shop, events, now=now)
    for mail in classified:
        for opt_out in mail.opt_outs:
            _record_opt_out(connection, opt_out, now)
    _end_answered_enrolments(connection, now)
    return sum(event.kind is EventKind.HELD_COMPLAINT for event in events)


def _record_opt_out(connection: Connection, opt_out: MailboxOptOut, now: datetime) -> None:
    if not record_events(connection, [opt_out.event], now=now):
        return  # recorded before
    for customer in opt_out.customers:
        record_direct_statement(
            connection,
            customer,
            consent=ConsentValue.NO,
            at=opt_out.event.happened_at,
            evidence=opt_out.evidence,
            wording=opt_out.event.detail,
            actor="the customer",
            source=MAILBOX,
        )


def _end_answered_enrolments(connection: Connection, now: datetime) -> None:
    """A reply ends the enrolment whose mail it answers.

    Replies of the last day are looked at again, because a mail that was being sent at that moment
    has since moved its enrolment on.
    """
    answered = connection.execute(_answered_enrolments(), {"since": now - ANSWER_WINDOW})
    rows = [(row[0], row[1]) for row in answered]
    end_enrolments(connection, rows, ANSWERED, now)


@cache
def _answered_enrolments() -> Select[Any]:
    answered = (
        select(col(Message.enrolment_id))
        .join(MailEvent, col(MailEvent.message_id) == col(Message.id))
        .where(
            col(MailEvent.source) == MAILBOX,
            col(MailEvent.kind) == EventKind.REPLIED.value,
            col(MailEvent.received_at) >= bindparam("since"),
        )
    )
    return select(col(Enrolment.id), col(Enrolment.occasion)).where(
        col(Enrolment.id).in_(answered), col(Enrolment.ended).is_(None)
    )


def _quarantine(connection: Connection, classified: Sequence[ClassifiedMail], now: datetime) -> int:
    """Stored for the owner under the mail's Message-ID, up to a limit."""
    connection.execute(_delete_expired(), {"since": now - RETENTION})
    stored = connection.scalar(_count_quarantined()) or 0
    rows = [
        {"source": SOURCE, "stream": STREAM, "record_key": mail.mail.key, "reason": reason,
         "record": "", "seen_at": now}
        for mail in classified for reason in mail.quarantine_reasons
    ]  # fmt: skip
    insert_missing(connection, QuarantinedRecord, rows[: max(MAX_QUARANTINED - stored, 0)])
    return len(rows)


@cache
def _delete_expired() -> Delete:
    expired = col(QuarantinedRecord.seen_at) < bindparam("since")
    return delete(QuarantinedRecord).where(col(QuarantinedRecord.source) == SOURCE, expired)


@cache
def _count_quarantined() -> Select[tuple[int]]:
    from_mailbox = col(QuarantinedRecord.source) == SOURCE
    return select(func.count()).select_from(QuarantinedRecord).where(from_mailbox)


def _load_cursor(connection: Connection, mailbox: Mailbox, *, locked: bool = False) -> str | None:
    """The position after the last batch; None where it belongs to another mailbox."""
    state = connection.execute(_cursor_query(locked=locked)).one_or_none()
    return state.cursor if state and state.fingerprint == mailbox_identity(mailbox) else None


def _save_cursor(connection: Connection, mailbox: Mailbox, cursor: str, now: datetime) -> None:
    values = {"cursor": cursor, "fingerprint": mailbox_identity(mailbox), "finished_at": now}
    connection.execute(_cursor_upsert(*values), {"source": SOURCE, "stream": STREAM} | values)


@cache
def _cursor_query(*, locked: bool) -> Select[Any]:
    table = table_of(SyncState)
    query = select(table.c.cursor, table.c.fingerprint).where(
        table.c.source == SOURCE, table.c.stream == STREAM
    )
    return query.with_for_update() if locked else query


@cache
def _cursor_upsert(*columns: str) -> Insert:
    insert = insert_into(SyncState)
    new_values = {name: insert.excluded[name] for name in columns}
    return insert.on_conflict_do_update(index_elements=["source", "stream"], set_=new_values)
