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

from connectors.sync import Report
from engine.config.owner_config import OwnersFile
from engine.inbound.classify import customers_at
from engine.open.open_shop import OpenShop
from engine.sync_result import Synced
from mail.senders.sendgrid.suppressions import PAGED, Entry, Lists, Page, lists_of
from settings.errors import Trouble
from shop.consent import suppressions
from shop.consent.basis import EMAIL, Said, Says, record_words
from shop.consent.suppressions import Kind, Told
from shop.db.engine import reading, writing
from shop.db.upsert import insert_into
from shop.identity.contacts import in_lots
from shop.identity.customers import email_key
from shop.tables import Basis, BasisStatement, SyncState

SENDGRID = "SendGrid"  # a capital: no source of the owner's can be called that
SAID_BY = "sendgrid"  # as its events are
LEFT = "unsubscribed at SendGrid"
COMPLAINED = "complained, told by SendGrid"
# An entry may come onto a list later than its date says; what is told twice is kept once.
LOOKED_BACK = timedelta(days=1)
KINDS = {
    "bounces": Kind.BOUNCED,
    "invalid_emails": Kind.BOUNCED,
    "spam_reports": Kind.COMPLAINED,
    "unsubscribes": Kind.UNSUBSCRIBED,
}
COUNTED = {Kind.COMPLAINED: "complaints", Kind.UNSUBSCRIBED: "unsubscribed"}
UNREADABLE = "SendGrid lists {} without an address or a date that can be read: look at it there."


@dataclass
class Tally:
    """One reading, while it goes on."""

    counts: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    @property
    def warnings(self) -> tuple[str, ...]:
        return (UNREADABLE.format(entries(self.unreadable)),) if self.unreadable else ()


def entries(many: int) -> str:
    return "1 entry" if many == 1 else f"{many:,} entries"


def asked(file: OwnersFile) -> int | None:
    """The group that customers leave at SendGrid; None where they say no elsewhere."""
    sending = file.sending
    theirs = sending.through == "sendgrid" and sending.unsubscribe_by == "sendgrid"
    return sending.sendgrid.unsubscribe_group if theirs and sending.sendgrid else None


def read_lists(
    shop: OpenShop, *, now: datetime, transport: httpx.BaseTransport | None = None
) -> Synced | None:
    """Take in what is new there; None where nobody says no at SendGrid."""
    group, account = asked(shop.file), shop.file.sending.sendgrid
    if group is None or account is None:
        return None
    tally, trouble = Tally(), None
    try:
        with lists_of(account, group, transport=transport) as lists:
            lists.check()
            _group(shop, lists, tally, now)
            for name in PAGED:
                _list(shop, lists, name, tally, now)
    except Trouble as met:
        trouble = met
    report = Report(SENDGRID, dict(tally.counts), warnings=tally.warnings)
    return Synced(SENDGRID, report, trouble)


def _group(shop: OpenShop, lists: Lists, tally: Tally, now: datetime) -> None:
    """First every no, then whoever says yes all the same: they said it later."""
    page = lists.left()
    tally.unreadable += page.unreadable
    with writing(shop.engine) as connection:
        tally.counts["unsubscribed"] += _say_no(connection, page.entries, LEFT, now)
    with reading(shop.engine) as connection:
        back = _said_yes_since(connection, page.entries)
    for address in back:
        lists.mail_again(address)
        tally.counts["mailed again"] += 1


def _list(shop: OpenShop, lists: Lists, name: str, tally: Tally, now: datetime) -> None:
    """Page by page, each kept by itself; how far it was read only once it was read to its end."""
    stream = f"{name}, group {asked(shop.file)}"  # another group may be another account's
    with reading(shop.engine) as connection:
        place = _place(connection, stream)
    for page in lists.since(name, place):
        tally.unreadable += page.unreadable
        with writing(shop.engine) as connection:
            tally.counts += _take(connection, name, page, now)
    with writing(shop.engine) as connection:
        _note_place(connection, stream, now)


def _take(connection: Connection, name: str, page: Page, now: datetime) -> Counter[str]:
    fresh = suppressions.record(connection, [told(name, one, now) for one in page.entries], now=now)
    if KINDS[name] in COUNTED:
        evidence = COMPLAINED if KINDS[name] is Kind.COMPLAINED else LEFT
        _say_no(connection, page.entries, evidence, now)
    return Counter(COUNTED.get(one.kind, "bounces") for one in fresh)


def told(name: str, entry: Entry, now: datetime) -> Told:
    """Of the address alone: the lists name no mail."""
    address = email_key(entry.address)
    key = f"{name}/{int(entry.at.timestamp())}/{address}"
    kind = KINDS[name]
    if name == "bounces" and (entry.status or entry.detail or "").startswith("4"):
        kind = Kind.BOUNCED_FOR_NOW  # RFC 3463 §3.1: 4.x.x is no word on the address for good
    return Told(SAID_BY, key, kind, min(entry.at, now), None, address, entry.detail)


def _say_no(connection: Connection, entries: Sequence[Entry], evidence: str, now: datetime) -> int:
    """A no of everybody whose address it is, on the day they said it; how many are new."""
    listed = _latest(entries)
    whose = customers_at(connection, set(listed))
    said = {
        (f"customer {customer}", min(listed[address].at, now)): customer
        for address, customers in whose.items()
        for customer in customers
    }
    for known in _known(connection, [who for who, _ in said]):
        said.pop(known, None)
    record_words(
        connection,
        [
            Said(customer, Says.NO, at, evidence, None, "the customer", SAID_BY)
            for (_, at), customer in said.items()
        ],
    )
    return len(said)


def _latest(entries: Sequence[Entry]) -> Mapping[str, Entry]:
    """By address, however it was spelled."""
    in_order = sorted(entries, key=lambda one: one.at)
    return {key: one for one in in_order if (key := email_key(one.address))}


def _known(connection: Connection, people: Sequence[str]) -> list[tuple[str, datetime]]:
    said = select(col(BasisStatement.external_id), col(BasisStatement.said_at))
    found: list[tuple[str, datetime]] = []
    for some in in_lots(set(people)):
        ours = said.where(
            col(BasisStatement.source) == SAID_BY,
            col(BasisStatement.says) == Says.NO.value,
            col(BasisStatement.external_id).in_(some),
        )
        found += [(who, at) for who, at in connection.execute(ours)]
    return found


def _said_yes_since(connection: Connection, entries: Sequence[Entry]) -> list[str]:
    """Listed addresses of people who all want mail; as SendGrid spells them."""
    whose = customers_at(connection, {key for one in entries if (key := email_key(one.address))})
    wanting = _wanting(connection, {one for people in whose.values() for one in people})
    return [
        one.address
        for one in entries
        if (people := whose.get(email_key(one.address) or "")) and set(people) <= wanting
    ]


def _wanting(connection: Connection, customers: set[int]) -> set[int]:
    found: set[int] = set()
    for some in in_lots(customers):
        yes = select(col(Basis.customer_id)).where(
            col(Basis.customer_id).in_(some),
            col(Basis.channel) == EMAIL,
            col(Basis.state) == Says.YES.value,
        )
        found.update(connection.scalars(yes))
    return found


def _place(connection: Connection, stream: str) -> datetime | None:
    return connection.scalar(
        select(col(SyncState.since)).where(
            col(SyncState.source) == SENDGRID, col(SyncState.stream) == stream
        )
    )


def _note_place(connection: Connection, stream: str, now: datetime) -> None:
    values = {"since": now - LOOKED_BACK, "finished_at": now}
    noting = insert_into(SyncState)
    connection.execute(
        noting.values({"source": SENDGRID, "stream": stream} | values).on_conflict_do_update(
            index_elements=["source", "stream"], set_=values
        )
    )
