"""Synchronises opt-outs and suppressions with the provider through which mail is sent.

A provider drops mails to addresses on its lists, and reports that only to a public webhook. So the
lists are read with every sync: an opt-out at the provider is recorded here, and a later opt-in here
removes the address from the provider's list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Connection, select
from sqlmodel import col

from connectors.sync import SyncReport
from engine.config.owner_config import OwnerConfig
from engine.inbound.classify import customers_by_address
from engine.open.open_shop import OpenShop
from engine.sync_result import SyncResult
from mail.senders.provider import Provider
from mail.senders.registry import get_provider
from mail.senders.suppressions import SuppressionEntry, SuppressionLists, SuppressionPage
from settings.errors import RegularsError
from shop.consent.basis import EMAIL, ConsentValue, DirectStatement, record_direct_statements
from shop.consent.delivery_events import record_events
from shop.consent.suppressions import DeliveryEvent, EventKind
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into
from shop.identity.contacts import in_batches
from shop.identity.customers import email_key
from shop.tables import Basis, BasisStatement, SyncState

# An entry may come onto a list later than its date says; duplicates are stored once.
OVERLAP = timedelta(days=1)
COUNTER_NAMES = {EventKind.COMPLAINED: "complaints", EventKind.UNSUBSCRIBED: "unsubscribed"}
UNREADABLE = "{} lists {} without an address or a date that can be read: look at it there."


@dataclass
class SyncTally:
    """Counts of one synchronisation with the provider called `title`."""

    title: str
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        if not self.unreadable:
            return ()
        return (UNREADABLE.format(self.title, entry_count(self.unreadable)),)


def entry_count(count: int) -> str:
    return "1 entry" if count == 1 else f"{count:,} entries"


def suppression_provider(config: OwnerConfig) -> Provider[Any] | None:
    """The provider whose lists `config` makes us read: mail goes through it, and customers
    unsubscribe there. None where they unsubscribe elsewhere.
    """
    sending = config.sending
    if sending.unsubscribe_by != sending.through or sending.account is None:
        return None
    provider = get_provider(sending.through)
    return provider if provider.open_suppressions(sending.account) else None


def suppression_source(config: OwnerConfig) -> str | None:
    """The name under which `suppression_provider` stands in reports and cursors: its title.

    It begins with a capital letter, as no source in config.yaml can.
    """
    provider = suppression_provider(config)
    return provider.title if provider else None


def sync_suppressions(
    shop: OpenShop, *, now: datetime, transport: httpx.BaseTransport | None = None
) -> SyncResult | None:
    """Reads the provider's lists and records what is new; None where there are none to read.

    1. Everyone who unsubscribed at the provider is recorded as opted out; those who opted in here
       since are taken off its list.
    2. Every other list is read page by page from its cursor; each page is one transaction.

    An error ends the reading and is part of the result. `transport` is for tests.
    """
    provider, account = suppression_provider(shop.config), shop.config.sending.account
    if provider is None or account is None:
        return None
    tally, error = SyncTally(provider.title), None
    try:
        opened = provider.open_suppressions(account, transport)
        with opened if opened else nullcontext() as lists:
            if lists:
                sync = _SuppressionSync(shop, provider, lists, tally, now)
                sync.run()
    except RegularsError as caught:
        error = caught
    report = SyncReport(provider.title, dict(tally.counts), warnings=tally.warnings)
    return SyncResult(provider.title, report, error)


@dataclass(frozen=True)
class _SuppressionSync:
    shop: OpenShop
    provider: Provider[Any]
    lists: SuppressionLists
    tally: SyncTally
    now: datetime

    def run(self) -> None:
        self.lists.check()
        self._sync_unsubscribed()
        for name in self.lists.list_names:
            self._sync_list(name)

    def _sync_unsubscribed(self) -> None:
        """Opt-outs first: an opt-in recorded here is newer, and takes the address off the list."""
        page = self.lists.unsubscribed()
        self.tally.unreadable += page.unreadable
        with write_transaction(self.shop.engine) as connection:
            self.tally.counts["unsubscribed"] += self._record_opt_outs(connection, page.entries)
        with read_transaction(self.shop.engine) as connection:
            resubscribed = _resubscribed_addresses(connection, page.entries)
        for address in resubscribed:
            self.lists.resubscribe(address)
            self.tally.counts["mailed again"] += 1

    def _sync_list(self, name: str) -> None:
        """The cursor moves only once the list has been read to its end."""
        source = self.provider.title
        stream = f"{name}, {self.lists.scope}"  # another scope may be another account's
        with read_transaction(self.shop.engine) as connection:
            cursor = _load_cursor(connection, source, stream)
        for page in self.lists.entries_since(name, cursor):
            self.tally.unreadable += page.unreadable
            with write_transaction(self.shop.engine) as connection:
                self.tally.counts += self._record_page(connection, name, page)
        with write_transaction(self.shop.engine) as connection:
            _save_cursor(connection, source, stream, self.now)

    def _record_page(
        self, connection: Connection, name: str, page: SuppressionPage
    ) -> Counter[str]:
        events = [suppression_event(self.provider.name, name, e, self.now) for e in page.entries]
        new_events = record_events(connection, events, now=self.now)
        opted_out = [entry for entry in page.entries if entry.kind in COUNTER_NAMES]
        self._record_opt_outs(connection, opted_out)
        return Counter(COUNTER_NAMES.get(event.kind, "bounces") for event in new_events)

    def _record_opt_outs(self, connection: Connection, entries: Sequence[SuppressionEntry]) -> int:
        """Records an opt-out of every customer with one of the addresses; returns how many are new.

        It is dated as the entry is, but never later than now.
        """
        by_address = _latest_by_address(entries)
        customers_of = customers_by_address(connection, set(by_address))
        opt_outs = {
            (f"customer {customer}", statement.at): statement
            for address, customers in customers_of.items()
            for customer in customers
            for statement in [self._opt_out(customer, by_address[address])]
        }
        identities = [identity for identity, _ in opt_outs]
        for recorded in _recorded_opt_outs(connection, self.provider.name, identities):
            opt_outs.pop(recorded, None)
        record_direct_statements(connection, list(opt_outs.values()))
        return len(opt_outs)

    def _opt_out(self, customer: int, entry: SuppressionEntry) -> DirectStatement:
        at, source = min(entry.suppressed_at, self.now), self.provider.name
        evidence = self._evidence(entry)
        return DirectStatement(
            customer, ConsentValue.NO, at, evidence, None, "the customer", source
        )

    def _evidence(self, entry: SuppressionEntry) -> str:
        if entry.kind is EventKind.COMPLAINED:
            return f"complained, told by {self.provider.title}"
        return f"unsubscribed at {self.provider.title}"


def suppression_event(
    source: str, list_name: str, entry: SuppressionEntry, now: datetime
) -> DeliveryEvent:
    """The event of an `entry` on the list `list_name` of the provider `source`.

    It is about the address alone: such lists name no mail. It is never later than `now`.
    """
    address = email_key(entry.address)
    key = f"{list_name}/{int(entry.suppressed_at.timestamp())}/{address}"
    happened_at = min(entry.suppressed_at, now)
    return DeliveryEvent(source, key, entry.kind, happened_at, None, address, entry.detail)


def _latest_by_address(entries: Sequence[SuppressionEntry]) -> Mapping[str, SuppressionEntry]:
    """The latest of the `entries` for each normalised address."""
    ordered = sorted(entries, key=lambda suppression: suppression.suppressed_at)
    return {key: suppression for suppression in ordered if (key := email_key(suppression.address))}


def _recorded_opt_outs(
    connection: Connection, source: str, identities: Sequence[str]
) -> list[tuple[str, datetime]]:
    statements = select(col(BasisStatement.external_id), col(BasisStatement.said_at))
    recorded: list[tuple[str, datetime]] = []
    for chunk in in_batches(set(identities)):
        query = statements.where(
            col(BasisStatement.source) == source,
            col(BasisStatement.says) == ConsentValue.NO.value,
            col(BasisStatement.external_id).in_(chunk),
        )
        recorded += [(identity, at) for identity, at in connection.execute(query)]
    return recorded


def _resubscribed_addresses(
    connection: Connection, entries: Sequence[SuppressionEntry]
) -> list[str]:
    """The listed addresses whose customers have all opted in; spelled as in `entries`."""
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


def _load_cursor(connection: Connection, source: str, stream: str) -> datetime | None:
    return connection.scalar(
        select(col(SyncState.since)).where(
            col(SyncState.source) == source, col(SyncState.stream) == stream
        )
    )


def _save_cursor(connection: Connection, source: str, stream: str, now: datetime) -> None:
    values = {"since": now - OVERLAP, "finished_at": now}
    insert = insert_into(SyncState)
    connection.execute(
        insert.values({"source": source, "stream": stream} | values).on_conflict_do_update(
            index_elements=["source", "stream"], set_=values
        )
    )
