"""Who said no at SendGrid, and whom it mails no more, taken in; who says yes since is let back.

SendGrid drops a mail to anybody on its lists and says so to nobody but a public address. So its
lists are asked with every sync: a no that was said there holds here, and a yes that was said here
since has to hold there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import httpx
from sqlalchemy import Connection, select
from sqlmodel import col

from connectors.sync import SyncReport
from engine.config.owner_config import OwnerConfig
from engine.inbound.classify import customers_by_address
from engine.open.open_shop import OpenShop
from engine.sync_result import SyncResult
from mail.senders.sendgrid.suppressions import (
    PAGED_LISTS,
    SuppressionEntry,
    SuppressionLists,
    SuppressionPage,
    open_suppression_lists,
)
from settings.errors import RegularsError
from shop.consent import suppressions
from shop.consent.basis import EMAIL, ConsentValue, DirectStatement, record_direct_statements
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into
from shop.identity.contacts import in_batches
from shop.identity.customers import email_key
from shop.tables import Basis, BasisStatement, SyncState

SENDGRID = "SendGrid"  # a capital: no source of the owner's can be called that
EVENT_SOURCE = "sendgrid"  # as its events are
UNSUBSCRIBED_EVIDENCE = "unsubscribed at SendGrid"
COMPLAINED_EVIDENCE = "complained, told by SendGrid"
# An entry may come onto a list later than its date says; what is told twice is kept once.
OVERLAP = timedelta(days=1)
KINDS = {
    "bounces": EventKind.BOUNCED,
    "invalid_emails": EventKind.BOUNCED,
    "spam_reports": EventKind.COMPLAINED,
    "unsubscribes": EventKind.UNSUBSCRIBED,
}
COUNTER_NAMES = {EventKind.COMPLAINED: "complaints", EventKind.UNSUBSCRIBED: "unsubscribed"}
UNREADABLE = "SendGrid lists {} without an address or a date that can be read: look at it there."


@dataclass
class SyncTally:
    """One reading, while it goes on."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        return (UNREADABLE.format(entry_count(self.unreadable)),) if self.unreadable else ()


def entry_count(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def unsubscribe_group(config: OwnerConfig) -> int | None:
    """The group that customers leave at SendGrid; None where they say no elsewhere."""
    sending = config.sending
    uses_group = sending.through == "sendgrid" and sending.unsubscribe_by == "sendgrid"
    return sending.sendgrid.unsubscribe_group if uses_group and sending.sendgrid else None


def sync_suppressions(
    shop: OpenShop, *, now: datetime, transport: httpx.BaseTransport | None = None
) -> SyncResult | None:
    """Take in what is new there; None where nobody says no at SendGrid."""
    group, account = unsubscribe_group(shop.config), shop.config.sending.sendgrid
    if group is None or account is None:
        return None
    tally, error = SyncTally(), None
    try:
        with open_suppression_lists(account, group, transport=transport) as lists:
            lists.check_group()
            _sync_group(shop, lists, tally, now)
            for name in PAGED_LISTS:
                _sync_list(shop, lists, name, tally, now)
    except RegularsError as caught:
        error = caught
    report = SyncReport(SENDGRID, dict(tally.counts), warnings=tally.warnings)
    return SyncResult(SENDGRID, report, error)


def _sync_group(shop: OpenShop, lists: SuppressionLists, tally: SyncTally, now: datetime) -> None:
    """First every no, then whoever says yes all the same: they said it later."""
    page = lists.group_unsubscribes()
    tally.unreadable += page.unreadable
    with write_transaction(shop.engine) as connection:
        tally.counts["unsubscribed"] += _record_opt_outs(
            connection, page.entries, UNSUBSCRIBED_EVIDENCE, now
        )
    with read_transaction(shop.engine) as connection:
        resubscribed = _resubscribed_addresses(connection, page.entries)
    for address in resubscribed:
        lists.remove_from_group(address)
        tally.counts["mailed again"] += 1


def _sync_list(
    shop: OpenShop, lists: SuppressionLists, name: str, tally: SyncTally, now: datetime
) -> None:
    """Page by page, each kept by itself; how far it was read only once it was read to its end."""
    stream = (
        f"{name}, group {unsubscribe_group(shop.config)}"  # another group may be another account's
    )
    with read_transaction(shop.engine) as connection:
        cursor = _load_cursor(connection, stream)
    for page in lists.entries_since(name, cursor):
        tally.unreadable += page.unreadable
        with write_transaction(shop.engine) as connection:
            tally.counts += _record_page(connection, name, page, now)
    with write_transaction(shop.engine) as connection:
        _save_cursor(connection, stream, now)


def _record_page(
    connection: Connection, name: str, page: SuppressionPage, now: datetime
) -> Counter[str]:
    new_events = suppressions.record_events(
        connection, [suppression_event(name, event, now) for event in page.entries], now=now
    )
    if KINDS[name] in COUNTER_NAMES:
        evidence = (
            COMPLAINED_EVIDENCE if KINDS[name] is EventKind.COMPLAINED else UNSUBSCRIBED_EVIDENCE
        )
        _record_opt_outs(connection, page.entries, evidence, now)
    return Counter(COUNTER_NAMES.get(event.kind, "bounces") for event in new_events)


def suppression_event(name: str, entry: SuppressionEntry, now: datetime) -> DeliveryEvent:
    """Of the address alone: the lists name no mail."""
    address = email_key(entry.address)
    key = f"{name}/{int(entry.suppressed_at.timestamp())}/{address}"
    kind = KINDS[name]
    if name == "bounces" and (entry.status or entry.detail or "").startswith("4"):
        kind = EventKind.SOFT_BOUNCED  # RFC 3463 §3.1: 4.x.x is no word on the address for good
    return DeliveryEvent(
        EVENT_SOURCE, key, kind, min(entry.suppressed_at, now), None, address, entry.detail
    )


def _record_opt_outs(
    connection: Connection, entries: Sequence[SuppressionEntry], evidence: str, now: datetime
) -> int:
    """A no of everybody whose address it is, on the day they said it; how many are new."""
    by_address = _latest_by_address(entries)
    customers_of = customers_by_address(connection, set(by_address))
    opt_outs = {
        (f"customer {customer}", min(by_address[address].suppressed_at, now)): customer
        for address, customers in customers_of.items()
        for customer in customers
    }
    for recorded in _recorded_opt_outs(connection, [identity for identity, _ in opt_outs]):
        opt_outs.pop(recorded, None)
    record_direct_statements(
        connection,
        [
            DirectStatement(
                customer, ConsentValue.NO, at, evidence, None, "the customer", EVENT_SOURCE
            )
            for (_, at), customer in opt_outs.items()
        ],
    )
    return len(opt_outs)


def _latest_by_address(entries: Sequence[SuppressionEntry]) -> Mapping[str, SuppressionEntry]:
    """By address, however it was spelled."""
    ordered = sorted(entries, key=lambda suppression: suppression.suppressed_at)
    return {key: suppression for suppression in ordered if (key := email_key(suppression.address))}


def _recorded_opt_outs(
    connection: Connection, identities: Sequence[str]
) -> list[tuple[str, datetime]]:
    statements = select(col(BasisStatement.external_id), col(BasisStatement.said_at))
    recorded: list[tuple[str, datetime]] = []
    for chunk in in_batches(set(identities)):
        query = statements.where(
            col(BasisStatement.source) == EVENT_SOURCE,
            col(BasisStatement.says) == ConsentValue.NO.value,
            col(BasisStatement.external_id).in_(chunk),
        )
        recorded += [(identity, at) for identity, at in connection.execute(query)]
    return recorded


def _resubscribed_addresses(
    connection: Connection, entries: Sequence[SuppressionEntry]
) -> list[str]:
    """Listed addresses of people who all want mail; as SendGrid spells them."""
    customers_of = customers_by_address(
        connection, {key for suppression in entries if (key := email_key(suppression.address))}
    )
    opted_in = _opted_in(
        connection,
        {suppression for customers in customers_of.values() for suppression in customers},
    )
    return [
        suppression.address
        for suppression in entries
        if (customers := customers_of.get(email_key(suppression.address) or ""))
        and set(customers) <= opted_in
    ]


def _opted_in(connection: Connection, customers: set[int]) -> set[int]:
    opted_in: set[int] = set()
    for chunk in in_batches(customers):
        query = select(col(Basis.customer_id)).where(
            col(Basis.customer_id).in_(chunk),
            col(Basis.channel) == EMAIL,
            col(Basis.state) == ConsentValue.YES.value,
        )
        opted_in.update(connection.scalars(query))
    return opted_in


def _load_cursor(connection: Connection, stream: str) -> datetime | None:
    return connection.scalar(
        select(col(SyncState.since)).where(
            col(SyncState.source) == SENDGRID, col(SyncState.stream) == stream
        )
    )


def _save_cursor(connection: Connection, stream: str, now: datetime) -> None:
    values = {"since": now - OVERLAP, "finished_at": now}
    insert = insert_into(SyncState)
    connection.execute(
        insert.values({"source": SENDGRID, "stream": stream} | values).on_conflict_do_update(
            index_elements=["source", "stream"], set_=values
        )
    )
