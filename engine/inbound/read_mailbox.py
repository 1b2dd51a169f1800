"""What came in by mail, acted upon: together with how far the mailbox has been read."""

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

from connectors.sync import Report
from engine.inbound.classify import MAILBOX, No, Sorted, known_to, sort_out
from engine.messages.delivery_events import take_in_with
from engine.open.open_shop import OpenShop
from engine.quarantine import THE_MAILBOX
from engine.sync_result import Synced
from mail.mailbox.batches import Batch
from mail.mailbox.config import Mailbox
from mail.mailbox.factory import batches_of, name_of
from mail.mailbox.parse import understood
from settings.errors import Trouble
from shop.consent import suppressions
from shop.consent.basis import Says, record_word
from shop.consent.suppressions import Kind
from shop.db.cached_insert import Insert
from shop.db.engine import reading, writing
from shop.db.upsert import add_new, insert_into, table_of
from shop.identity.end_enrolments import set_aside
from shop.tables import Enrolment, MailEvent, Message, Quarantined, SyncState

SOURCE = THE_MAILBOX
STREAM = "mails"
ANSWERED = "answered"
KEPT = timedelta(days=30)
MOST_ASIDE = 1_000  # whoever floods the mailbox does not flood the list
LOOKED_BACK = timedelta(days=1)

Look = Callable[..., Iterator[Batch]]


@dataclass
class Tally:
    """One reading, while it goes on."""

    counts: Counter[str] = field(default_factory=Counter)
    aside: int = 0


def read_mailbox(shop: OpenShop, *, now: datetime, look: Look = batches_of) -> Synced | None:
    """Read what is new there and act upon it; None where the file names no mailbox."""
    box = shop.file.sending.mailbox
    if box is None:
        return None
    tally, trouble = Tally(), None
    try:
        _read(shop, box, tally, now, look)
    except Trouble as met:
        trouble = met
    with writing(shop.engine) as connection:
        _end_answered(connection, now)
    report = Report(SOURCE, dict(tally.counts), quarantined=tally.aside)
    return Synced(SOURCE, report, trouble)


def _read(shop: OpenShop, box: Mailbox, tally: Tally, now: datetime, look: Look) -> None:
    with reading(shop.engine) as connection:
        place = _place(connection, box)
    for batch in look(box, place, now=now, beside=Path(shop.folder)):
        if not _act(shop, box, batch, place, tally, now):
            return  # another process reads it, and has got further
        place = batch.place


def _act(
    shop: OpenShop, box: Mailbox, batch: Batch, before: str | None, tally: Tally, now: datetime
) -> bool:
    """All of a batch and the place behind it, or nothing of it."""
    read = [(understood(one.mail, only_for_noes=_for_noes(shop, box)), one.at)
            for one in batch.mails]  # fmt: skip
    with writing(shop.engine) as connection:
        if _place(connection, box, held=True) != before:
            return False
        known = known_to(connection, [mail for mail, _ in read], shop.secret)
        found = [sort_out(mail, min(at, now), known, shop.secret) for mail, at in read]
        _carry_out(connection, shop, found, now)
        tally.aside += _put_aside(connection, found, now)
        _note_place(connection, box, batch.place, now)
    tally.counts.update(word for one in found for word in one.counts)
    return True


def _for_noes(shop: OpenShop, box: Mailbox) -> str | None:
    """An address where people also write about other things is not only for noes."""
    others = {shop.file.shop.reply_to.lower(), shop.file.sending.from_.address.lower()}
    address = box.address.lower() if box.address else None
    return None if address in others else address


def _carry_out(
    connection: Connection, shop: OpenShop, found: Sequence[Sorted], now: datetime
) -> None:
    take_in_with(connection, shop, [told for one in found for told in one.told], now=now)
    for one in found:
        for no in one.noes:
            _say_no(connection, no, now)
    _end_answered(connection, now)


def _say_no(connection: Connection, no: No, now: datetime) -> None:
    if not suppressions.record(connection, [no.told], now=now):
        return  # read before
    for customer in no.customers:
        record_word(
            connection, customer, says=Says.NO, at=no.told.happened_at, evidence=no.evidence,
            wording=no.told.detail, actor="the customer", source=MAILBOX,
        )  # fmt: skip


def _end_answered(connection: Connection, now: datetime) -> None:
    """A person answers a person: what the series would say next, nobody may say now.

    Whatever was answered lately is looked at, not only what is new: a mail that was under way
    meanwhile has moved its series on.
    """
    found = connection.execute(_running(), {"since": now - LOOKED_BACK})
    rows = [(row[0], row[1]) for row in found]
    set_aside(connection, rows, ANSWERED, now)


@cache
def _running() -> Select[Any]:
    answered = (
        select(col(Message.enrolment_id))
        .join(MailEvent, col(MailEvent.message_id) == col(Message.id))
        .where(
            col(MailEvent.source) == MAILBOX,
            col(MailEvent.kind) == Kind.ANSWERED.value,
            col(MailEvent.received_at) >= bindparam("since"),
        )
    )
    return select(col(Enrolment.id), col(Enrolment.occasion)).where(
        col(Enrolment.id).in_(answered), col(Enrolment.ended).is_(None)
    )


def _put_aside(connection: Connection, found: Sequence[Sorted], now: datetime) -> int:
    """For the owner to look at, by the name her own mail program knows the mail by."""
    connection.execute(_forgetting(), {"since": now - KEPT})
    many = connection.scalar(_how_many()) or 0
    rows = [
        {"source": SOURCE, "stream": STREAM, "record_key": one.mail.key, "reason": why,
         "record": "", "seen_at": now}
        for one in found for why in one.aside
    ]  # fmt: skip
    add_new(connection, Quarantined, rows[: max(MOST_ASIDE - many, 0)])
    return len(rows)


@cache
def _forgetting() -> Delete:
    old = col(Quarantined.seen_at) < bindparam("since")
    return delete(Quarantined).where(col(Quarantined.source) == SOURCE, old)


@cache
def _how_many() -> Select[tuple[int]]:
    ours = col(Quarantined.source) == SOURCE
    return select(func.count()).select_from(Quarantined).where(ours)


def _place(connection: Connection, box: Mailbox, *, held: bool = False) -> str | None:
    """How far it was read. A place in another mailbox says nothing about this one."""
    state = connection.execute(_state(held=held)).one_or_none()
    return state.cursor if state and state.fingerprint == name_of(box) else None


def _note_place(connection: Connection, box: Mailbox, place: str, now: datetime) -> None:
    values = {"cursor": place, "fingerprint": name_of(box), "finished_at": now}
    connection.execute(_noting(*values), {"source": SOURCE, "stream": STREAM} | values)


@cache
def _state(*, held: bool) -> Select[Any]:
    table = table_of(SyncState)
    wanted = select(table.c.cursor, table.c.fingerprint).where(
        table.c.source == SOURCE, table.c.stream == STREAM
    )
    return wanted.with_for_update() if held else wanted


@cache
def _noting(*columns: str) -> Insert:
    noting = insert_into(SyncState)
    latest = {name: noting.excluded[name] for name in columns}
    return noting.on_conflict_do_update(index_elements=["source", "stream"], set_=latest)
