"""The letter its owner finds every morning: what went, what waits, and whom to say hello to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.message_states import State
from engine.messages.approval_limit import HELD
from engine.messages.in_doubt import IN_DOUBT
from engine.open.open_shop import OpenShop
from engine.owner.tasks import ToDo, to_do
from mail.message.mime import Mail
from mail.render.owner_mail import MorningFacts, Overdue, TaskToDo, written
from mail.senders.protocol import Accepted
from settings.errors import OutOfReach
from shop.db.engine import reading, writing
from shop.db.stops import all_stops
from shop.db.upsert import insert_into
from shop.tables import Customer, Message, Metrics, SyncState

DAY = timedelta(days=1)
REGULARS_SHOWN = 5
SOURCE, STREAM = "morning letter", "sent"  # no source of the owner's can have a blank in its name
SPOKEN = {
    State.SENT: "sent",
    State.DELIVERED: "sent and delivered",
    State.REHEARSED: "rehearsed",
    State.DEFERRED: "put off",
    State.SKIPPED: "not sent, with a reason",
    State.BOUNCED: "came back",
    State.COMPLAINED: "called spam",
    State.FAILED: "failed",
}


@dataclass(frozen=True)
class Letter:
    """As it goes to the owner."""

    subject: str
    text: str
    html: str


def letter(shop: OpenShop, *, now: datetime) -> Letter:
    """What a look at the shop comes to at this moment."""
    with reading(shop.engine) as connection:
        facts = _facts(connection, shop, now)
    text, html = written(facts)
    return Letter(f"{shop.file.shop.name}: {_day(now, shop.file.shop.zone)}", text, html)


def send(shop: OpenShop, *, now: datetime) -> bool:
    """To the owner's own address, once a day at most: noted first, for two are worse than none."""
    today = now.astimezone(shop.file.shop.zone).date()
    if not _is_first(shop, today, now):
        return False
    written_now = letter(shop, now=now)
    with shop.sender.delivery(f"morning-{today}@{SOURCE}") as delivery:
        outcomes = list(delivery.send([_mail(shop, written_now, today, now)]))
        delivery.settled()
    if not all(isinstance(one, Accepted) for one in outcomes):
        raise OutOfReach("The morning letter was not taken. regulars morning shows it.")
    return True


def _is_first(shop: OpenShop, today: date, now: datetime) -> bool:
    """Of two that ask at once, one."""
    row = {
        "source": SOURCE, "stream": STREAM, "since": None, "until": None,
        "cursor": today.isoformat(), "fingerprint": None, "finished_at": now,
    }  # fmt: skip
    with writing(shop.engine) as connection:
        insert = insert_into(SyncState)
        noted = insert.on_conflict_do_update(
            index_elements=["source", "stream"],
            set_={"cursor": insert.excluded.cursor, "finished_at": insert.excluded.finished_at},
            where=insert.excluded.cursor > col(SyncState.cursor),
        )
        counted = connection.execution_options(preserve_rowcount=True)
        return counted.execute(noted, row).rowcount > 0


def _mail(shop: OpenShop, written_now: Letter, today: date, now: datetime) -> Mail:
    sender = shop.file.sending.from_
    return Mail(
        message_id=f"morning-{today}",
        sender_name="Regulars",
        sender_address=sender.address,
        to_address=shop.file.shop.reply_to,
        to_name=None,
        reply_to=shop.file.shop.reply_to,
        subject=written_now.subject,
        text=written_now.text,
        html=written_now.html,
        unsubscribe_url="",
        date=now,
        purpose="service",
    )


def _facts(connection: Connection, shop: OpenShop, now: datetime) -> MorningFacts:
    zone = shop.file.shop.zone
    return MorningFacts(
        shop=shop.file.shop.name,
        counts=_counts(connection, now),
        waiting=_how_many(connection, HELD),
        doubt=_how_many(connection, IN_DOUBT),
        held=[rule or "all mail" for rule in all_stops(connection)],
        tasks=[_task(one, now) for one in to_do(connection)],
        stale=_stale(connection, shop, now),
        overdue=_overdue(connection, zone, now),
    )


def _counts(connection: Connection, now: datetime) -> list[tuple[str, int]]:
    lately = (
        select(col(Message.state), func.count())
        .where(col(Message.settled_at) > now - DAY, col(Message.settled_at) <= now)
        .group_by(col(Message.state))
    )
    found = dict(connection.execute(lately).tuples().all())
    return [(said, found[state.value]) for state, said in SPOKEN.items() if state.value in found]


def _how_many(connection: Connection, which: object) -> int:
    counted = select(func.count()).select_from(Message).where(which)  # type: ignore[arg-type]  # a clause
    return connection.scalar(counted) or 0


def _task(one: ToDo, now: datetime) -> TaskToDo:
    return TaskToDo(one.words, one.customer, late=bool(one.until and one.until < now))


def _stale(connection: Connection, shop: OpenShop, now: datetime) -> list[str]:
    """Sources of the file that have not been read to their end for a day."""
    last = select(col(SyncState.source), func.max(col(SyncState.finished_at))).group_by(
        col(SyncState.source)
    )
    read = dict(connection.execute(last).tuples().all())
    return [name for name in shop.file.sources if (at := read.get(name)) is None or at < now - DAY]


def _overdue(connection: Connection, zone: ZoneInfo, now: datetime) -> Sequence[Overdue]:
    """Those who come most, and by their own rhythm should have come; no mail is wanted for it."""
    found = (
        select(
            col(Customer.first_name), col(Customer.last_name), col(Metrics.visits),
            col(Metrics.last_visit_at),
        )
        .join(Metrics, col(Metrics.customer_id) == col(Customer.id))
        .where(col(Metrics.expected_back_at) <= now, col(Customer.first_name).is_not(None))
        .order_by(col(Metrics.visits).desc(), col(Customer.id))
        .limit(REGULARS_SHOWN)
    )  # fmt: skip
    return [
        Overdue(
            " ".join(part for part in (row.first_name, row.last_name) if part),
            row.visits,
            _day(row.last_visit_at, zone),
        )
        for row in connection.execute(found)
    ]


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%B}"
