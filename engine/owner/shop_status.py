"""The state of a shop at a glance: what was read and sent, what waits, and what needs attention.

Only reads: no database is created or upgraded, and nothing is written into the shop's folder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select
from sqlmodel import col

from engine.delivery.data_age import load_readings
from engine.live.doctor_results import Examination, load_examination
from engine.open.open_shop import OpenShop
from engine.open.read_only import open_read_only
from engine.owner.concerns import ShopFacts, find_concerns, mode_of
from engine.owner.mail_counts import MailCounts, load_mail_counts
from engine.reach import load_reach
from shop.db.engine import read_transaction
from shop.db.stops import load_stops
from shop.tables import Tick

LOCK_TIMEOUT = 0.5  # seconds: a locked shop must not keep the others waiting


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
    mails: MailCounts = field(default_factory=MailCounts)
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
        return ShopStatus(path, trouble=first_line(error))


def first_line(error: Exception) -> str:
    """Returns the first line of an error's message, else the name of its class."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _status(connection: Connection, shop: OpenShop, path: Path, now: datetime) -> ShopStatus:
    facts = load_facts(connection, shop, now)
    readings = facts.readings
    read_times = [readings[name].read_at for name in shop.config.sources if name in readings]
    return ShopStatus(
        path=path,
        name=shop.config.shop.name,
        mode=mode_of(shop),
        synced_at=max((time for time in read_times if time), default=None),
        ran_at=facts.ran_at,
        mails=facts.mails,
        reachable=load_reach(connection, shop.config, now=now).reachable,
        doctor=facts.doctor,
        attention=[concern.message for concern in find_concerns(connection, shop, facts, now)],
        notes=[f"{rule} is paused" for rule in load_stops(connection) if rule],
    )


def load_facts(connection: Connection, shop: OpenShop, now: datetime) -> ShopFacts:
    """Returns what a shop is judged by at `now`."""
    return ShopFacts(
        readings=load_readings(connection),
        ran_at=_last_run(connection, now),
        mails=load_mail_counts(connection, now),
        doctor=load_examination(connection, shop.config),
    )


def _last_run(connection: Connection, now: datetime) -> datetime | None:
    """By the rules' clock, as `--at` sets it; a trial run of a later day is none of the past."""
    query = select(func.max(col(Tick.at))).where(col(Tick.at) <= now)
    return connection.scalar(query)
