"""The daily digest for the owner: what was sent, what waits, and which regulars stay away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select
from sqlmodel import col

from engine.inbound.complaints import count_held
from engine.message_states import State
from engine.messages.in_doubt import IS_IN_DOUBT
from engine.open.open_shop import OpenShop
from engine.owner.approval_links import VALIDITY, LetterLink, create_links, describe_pending
from engine.owner.digest_schedule import is_digest_due
from engine.owner.sources import stale_sources
from engine.owner.tasks import OpenTask, open_tasks
from engine.owner.today.load import SHOWN_OVERDUE, load_week_visits
from engine.owner.today.mails import count_settled
from engine.owner.today.sentences import visits_sentence
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.render.owner_mail import (
    DigestPending,
    DigestTask,
    MorningFacts,
    OverdueCustomer,
    render_morning_mail,
)
from mail.senders.journal import JOURNAL_FOLDER, remove_journals
from mail.senders.protocol import Accepted, Outcome
from measures import overdue
from settings.errors import UnavailableError
from shop.consent.reach import count_unread
from shop.db.engine import read_transaction, write_transaction
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops
from shop.db.upsert import insert_into
from shop.db.workers import register_lease_owner
from shop.ingest.missing_records import count_unconfirmed
from shop.tables import Message, SyncState
from templates.language import ENGLISH, owner_sentences

DAY = timedelta(days=1)
SOURCE, STREAM = "morning letter", "sent"  # source names contain no blank


@dataclass(frozen=True)
class OwnerDigest:
    """Subject, text and HTML of the digest."""

    subject: str
    text: str
    html: str


def render_digest(
    shop: OpenShop, *, now: datetime, pending: Sequence[LetterLink] | None = None
) -> OwnerDigest:
    """Return the digest of the 24 hours before `now`.

    `pending` are the rules with mails that wait for approval, with their links; without links
    where it is absent.
    """
    with read_transaction(shop.engine) as connection:
        described = describe_pending(connection) if pending is None else pending
        facts = _load_facts(connection, shop, now, described)
    text, html = render_morning_mail(facts)
    subject = _sentences(shop).SUBJECT.format(shop=shop.config.shop.name, day=_day(shop, now))
    return OwnerDigest(subject, text, html)


def _sentences(shop: OpenShop) -> Any:
    return owner_sentences("digest")


def _day(shop: OpenShop, moment: datetime) -> str:
    return ENGLISH.day(moment.astimezone(shop.config.shop.zone))


def send_digest_if_due(shop: OpenShop, *, now: datetime) -> bool:
    """Send the digest where it is due at `now`; returns whether it was sent."""
    if not is_digest_due(shop.config.schedule, shop.config.shop.zone, now=now):
        return False
    return send_digest(shop, now=now)


def send_digest(shop: OpenShop, *, now: datetime) -> bool:
    """Send the digest to `reply to`, once a day; returns False where it was sent already.

    It is recorded before it is sent. Raises `UnavailableError` where the sender does not accept it.
    """
    today = now.astimezone(shop.config.shop.zone).date()
    if not _claim_day(shop, today, now):
        return False
    digest = render_digest(shop, now=now, pending=create_links(shop, now=now))
    outcomes = _send(shop, _mail(shop, digest, today, now))
    if not all(isinstance(outcome, Accepted) for outcome in outcomes):
        raise UnavailableError("The morning letter was not taken. regulars morning shows it.")
    return True


def _send(shop: OpenShop, mail: Mail) -> list[Outcome]:
    """Whatever becomes of it, the journal is removed: this mail is not tried again."""
    with register_lease_owner() as lease_owner:
        try:
            with shop.sender.delivery(lease_owner) as delivery:
                outcomes = list(delivery.send([mail]))
                delivery.outcomes_saved()
        finally:
            remove_journals(shop.folder / JOURNAL_FOLDER, [lease_owner])
    return outcomes


def _claim_day(shop: OpenShop, today: date, now: datetime) -> bool:
    """True for only one of two concurrent processes."""
    row = {
        "source": SOURCE, "stream": STREAM, "since": None, "until": None,
        "cursor": today.isoformat(), "fingerprint": None, "finished_at": now,
    }  # fmt: skip
    with write_transaction(shop.engine) as connection:
        insert = insert_into(SyncState)
        upsert = insert.on_conflict_do_update(
            index_elements=["source", "stream"],
            set_={"cursor": insert.excluded.cursor, "finished_at": insert.excluded.finished_at},
            where=insert.excluded.cursor > col(SyncState.cursor),
        )
        with_rowcount = connection.execution_options(preserve_rowcount=True)
        return with_rowcount.execute(upsert, row).rowcount > 0


def _mail(shop: OpenShop, digest: OwnerDigest, today: date, now: datetime) -> Mail:
    sender = shop.config.sending.from_
    return Mail(
        message_id=f"morning-{today}",
        sender_name="Regulars",
        sender_address=sender.address,
        to_address=shop.config.shop.reply_to,
        to_name=None,
        reply_to=shop.config.shop.reply_to,
        subject=digest.subject,
        text=digest.text,
        html=digest.html,
        unsubscribe_url="",
        date=now,
        purpose="service",
    )


def _load_facts(
    connection: Connection, shop: OpenShop, now: datetime, pending: Sequence[LetterLink]
) -> MorningFacts:
    sentences = _sentences(shop)
    week = load_week_visits(connection, shop, now)
    return MorningFacts(
        shop=shop.config.shop.name,
        counts=_state_counts(connection, sentences.STATES, now),
        waiting=sum(entry.mails for entry in pending),
        pending=[_to_pending(entry) for entry in pending],
        links_until=_links_until(shop, now),
        doubt=_count_messages(connection, IS_IN_DOUBT),
        complaints=count_held(connection),
        held=[rule or sentences.ALL_MAIL for rule in load_stops(connection)],
        providers=[
            (name, because) for name, (_, because) in load_provider_stops(connection).items()
        ],
        old_data=_count_messages(connection, _waits_for_data()),
        unread=count_unread(connection),
        missing=_missing_customers(connection, shop),
        tasks=[_to_task(task, now) for task in open_tasks(connection)],
        visits=visits_sentence(week) if week else None,
        stale=stale_sources(connection, shop.config, now),
        overdue=[
            _to_overdue(shop, customer)
            for customer in overdue.load_overdue(
                connection, now, SHOWN_OVERDUE, shop.config.shop.zone
            )
        ],
    )


def _to_pending(entry: LetterLink) -> DigestPending:
    return DigestPending(
        entry.rule, entry.mails, entry.names, entry.mails - len(entry.names), entry.url
    )


def _links_until(shop: OpenShop, now: datetime) -> str:
    return ENGLISH.day_and_time((now + VALIDITY).astimezone(shop.config.shop.zone))


def _state_counts(
    connection: Connection, state_texts: Mapping[str, str], now: datetime
) -> list[tuple[str, int]]:
    """What became of the messages settled in the last day: text and number."""
    counts: Counter[str] = Counter()
    for settled in count_settled(connection, now - DAY, now):
        counts[settled.state] += settled.mails
    return [(text, counts[state]) for state, text in state_texts.items() if state in counts]


def _count_messages(connection: Connection, condition: object) -> int:
    query = select(func.count()).select_from(Message).where(condition)  # type: ignore[arg-type]  # a clause
    return connection.scalar(query) or 0


def _waits_for_data() -> ColumnElement[bool]:
    deferred = col(Message.state) == State.DEFERRED.value
    return and_(deferred, col(Message.reason) == Reason.OLD_DATA.value)


def _missing_customers(connection: Connection, shop: OpenShop) -> list[tuple[str, int]]:
    """Sources with customers who are missing there, but not confirmed to be gone."""
    counts = [(name, count_unconfirmed(connection, name)) for name in shop.config.sources]
    return [(name, count) for name, count in counts if count]


def _to_task(task: OpenTask, now: datetime) -> DigestTask:
    return DigestTask(task.words, task.customer, late=bool(task.until and task.until < now))


def _to_overdue(shop: OpenShop, customer: overdue.OverdueCustomer) -> OverdueCustomer:
    return OverdueCustomer(customer.name, customer.visits, _day(shop, customer.last_visit_at))
