"""The state of a shop at a glance: what was read and sent, what waits, and what needs attention.

Only reads: no database is created or upgraded, and nothing is written into the shop's folder.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.delivery.data_age import Readings, load_readings
from engine.live.doctor_results import VALID_FOR, Examination, load_examination
from engine.live.fingerprint import delivers_locally
from engine.message_states import ACCEPTED, State
from engine.messages.in_doubt import IS_IN_DOUBT
from engine.open.open_shop import OpenShop
from engine.open.read_only import open_read_only
from engine.owner.approvals import pending_mails
from engine.reach import load_reach
from shop.db.engine import read_transaction
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops
from shop.tables import Message, Tick

DAY = timedelta(days=1)
LOCK_TIMEOUT = 0.5  # seconds: a locked shop must not keep the others waiting
LIVE, ONLY_TO, REHEARSAL = "live", "only to", "rehearsal"


@dataclass(frozen=True)
class MailCounts:
    """Mails of the last 24 hours by outcome; `waiting` and `in_doubt` are those of now."""

    sent: int = 0
    rehearsed: int = 0
    failed: int = 0
    waiting: int = 0
    in_doubt: int = 0


@dataclass(frozen=True)
class ShopStatus:
    """The state of the shop whose owner's file is at `path`.

    `trouble` says why it could not be read, and is None where it could; `attention` are sentences
    about what somebody has to look at, `notes` about what else is not as usual.
    """

    path: Path
    trouble: str | None = None
    name: str | None = None
    mode: str | None = None  # live, only to or rehearsal
    synced_at: datetime | None = None
    ran_at: datetime | None = None
    mails: MailCounts = MailCounts()
    reachable: int | None = None
    doctor: Examination | None = None
    attention: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def needs_attention(self) -> bool:
        return self.trouble is not None or bool(self.attention)


def load_status(path: Path, *, now: datetime) -> ShopStatus:
    """Returns the state at `now` of the shop of the owner's file at `path`. Does not raise for a
    shop that cannot be read: its `trouble` is the first line of the reason.
    """
    try:
        shop = open_read_only(path, lock_timeout=LOCK_TIMEOUT)
        try:
            with read_transaction(shop.engine) as connection:
                return _status(connection, shop, path, now)
        finally:
            shop.engine.dispose()
    except Exception as error:  # noqa: BLE001  # one broken shop must not hide the others
        return ShopStatus(path, trouble=_first_line(error))


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _status(connection: Connection, shop: OpenShop, path: Path, now: datetime) -> ShopStatus:
    readings = load_readings(connection)
    mails = _mail_counts(connection, now)
    ran_at = connection.scalar(select(func.max(col(Tick.started_at))))
    doctor = load_examination(connection, shop.config)
    read_times = [readings[name].read_at for name in shop.config.sources if name in readings]
    return ShopStatus(
        path=path,
        name=shop.config.shop.name,
        mode=_mode(shop),
        synced_at=max((time for time in read_times if time), default=None),
        ran_at=ran_at,
        mails=mails,
        reachable=load_reach(connection, shop.config, now=now).reachable,
        doctor=doctor,
        attention=[
            *_stopped(connection),
            *_unread_sources(shop, readings, now),
            *_missed_runs(shop, ran_at, now),
            *_unsettled_mails(mails),
            *_doctor_trouble(shop, doctor, now),
        ],
        notes=[f"{rule} is paused" for rule in load_stops(connection) if rule],
    )


def _mode(shop: OpenShop) -> str:
    if delivers_locally(shop.config):
        return REHEARSAL
    return ONLY_TO if shop.config.sending.only_to else LIVE


def _mail_counts(connection: Connection, now: datetime) -> MailCounts:
    query = (
        select(col(Message.state), func.count())
        .where(col(Message.settled_at) > now - DAY, col(Message.settled_at) <= now)
        .group_by(col(Message.state))
    )
    by_state = dict(connection.execute(query).tuples().all())
    in_doubt = select(func.count()).select_from(Message).where(IS_IN_DOUBT)
    return MailCounts(
        sent=sum(by_state.get(state.value, 0) for state in ACCEPTED),
        rehearsed=by_state.get(State.REHEARSED.value, 0),
        failed=by_state.get(State.FAILED.value, 0),
        waiting=len(pending_mails(connection)),
        in_doubt=connection.scalar(in_doubt) or 0,
    )


def _stopped(connection: Connection) -> Iterator[str]:
    stops = load_stops(connection)
    if None in stops:
        because = stops[None][1]
        yield f"all mail is stopped{f': {because}' if because else ''}"
    for provider, (_, because) in load_provider_stops(connection).items():
        yield f"mail to {provider} is held{f': {because}' if because else ''}"


def _unread_sources(shop: OpenShop, readings: Readings, now: datetime) -> Iterator[str]:
    """A file is as new as its owner makes it: only one that cannot be read is named."""
    for name in shop.config.sources:
        reading = readings.get(name)
        if reading is None or reading.read_at is None:
            yield f"{name} has never been read"
        elif reading.failing_since:
            yield f"{name} cannot be read since {reading.failing_since:%d %b %H:%M} UTC"
        elif not reading.is_file and now - reading.read_at > DAY:
            yield f"{name} was not read for {(now - reading.read_at).days or 1} days"


def _missed_runs(shop: OpenShop, ran_at: datetime | None, now: datetime) -> Iterator[str]:
    if not shop.config.rules:
        return
    if ran_at is None:
        yield "its rules have never run"
    elif now - ran_at > DAY:
        days = (now - ran_at).days
        yield f"its rules did not run for {days} {'day' if days == 1 else 'days'}"


def _unsettled_mails(mails: MailCounts) -> Iterator[str]:
    if mails.in_doubt:
        yield f"{mails.in_doubt} in doubt: regulars doubt list"
    if mails.failed:
        yield f"{mails.failed} failed in 24 hours"


def _doctor_trouble(
    shop: OpenShop, examination: Examination | None, now: datetime
) -> Iterator[str]:
    """What the doctor found counts where mail reaches customers."""
    if _mode(shop) != LIVE:
        return
    if examination is None:
        yield "regulars doctor has not looked at it"
    elif examination.wrong:
        yield f"doctor: {examination.wrong} wrong, first: {examination.first_wrong}"
    elif now - examination.at > VALID_FOR:
        yield "the doctor's last look was more than 30 days ago"
