"""The health of one shop: sources, runs, held mail, the doctor, backups and space."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from connectors.registry import platform_of
from engine.delivery.data_age import SourceReading
from engine.live.doctor_results import load_findings
from engine.live.finding import Finding
from engine.messages.in_doubt import DoubtfulMail, list_doubtful
from engine.open.open_shop import OpenShop
from engine.owner.concerns import Concern, find_concerns, mode_of
from engine.owner.mail_counts import MailCounts
from engine.owner.shop_status import load_facts
from engine.owner.sources import SourceState, source_state
from engine.quarantine import count_quarantined, remedy
from shop.db.database_size import database_bytes
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops

BACKUPS = "backups"
MAX_DOUBTFUL = 20


@dataclass(frozen=True)
class SourceHealth:
    """A source of config.yaml; times are None for never."""

    name: str
    platform: str
    state: SourceState
    read_at: datetime | None
    failing_since: datetime | None
    set_aside: int
    remedy: str | None  # where something is to be done


@dataclass(frozen=True)
class HeldMail:
    """Mail that does not leave: all of it, that of a rule, or that to a mail provider."""

    mail: str
    since: datetime
    because: str | None
    remedy: str


@dataclass(frozen=True)
class Backup:
    """The newest backup in the folder `backups` beside the file."""

    file: str
    at: datetime
    size: int  # bytes


@dataclass(frozen=True)
class Health:
    """The state of a shop at `at`; sizes in bytes."""

    at: datetime
    mode: str
    concerns: Sequence[Concern]
    sources: Sequence[SourceHealth]
    ran_at: datetime | None
    held: Sequence[HeldMail]
    mails: MailCounts
    doubtful: Sequence[DoubtfulMail]  # at most MAX_DOUBTFUL, the oldest
    doctor_at: datetime | None
    findings: Sequence[Finding]
    backup: Backup | None
    database_size: int
    free_space: int


def load_health(connection: Connection, shop: OpenShop, *, now: datetime) -> Health:
    """Returns the health of `shop` at `now`."""
    facts = load_facts(connection, shop, now)
    set_aside = count_quarantined(connection)
    return Health(
        at=now,
        mode=mode_of(shop),
        concerns=find_concerns(connection, shop, facts, now),
        sources=[
            _source(shop, name, facts.readings.get(name), set_aside.get(name, 0), now)
            for name in shop.config.sources
        ],
        ran_at=facts.ran_at,
        held=_held(connection),
        mails=facts.mails,
        doubtful=list_doubtful(connection)[:MAX_DOUBTFUL] if facts.mails.in_doubt else [],
        doctor_at=facts.doctor.at if facts.doctor else None,
        findings=load_findings(connection, shop.config),
        backup=newest_backup(shop.folder / BACKUPS),
        database_size=database_bytes(connection),
        free_space=shutil.disk_usage(shop.folder).free,
    )


def _source(
    shop: OpenShop, name: str, reading: SourceReading | None, set_aside: int, now: datetime
) -> SourceHealth:
    state = source_state(reading, now)
    if set_aside:
        action: str | None = remedy(shop.config, name)
    else:
        action = None if state is SourceState.FINE else f"Run: regulars sync {name}"
    return SourceHealth(
        name=name,
        platform=platform_of(shop.config.sources[name]).setup.label,
        state=state,
        read_at=reading.read_at if reading else None,
        failing_since=reading.failing_since if reading else None,
        set_aside=set_aside,
        remedy=action,
    )


def _held(connection: Connection) -> list[HeldMail]:
    stops = [
        HeldMail(
            f"mail of {rule}" if rule else "all mail",
            since,
            because,
            f"To go on: regulars start {rule}" if rule else "To go on: regulars start",
        )
        for rule, (since, because) in load_stops(connection).items()
    ]
    providers = [
        HeldMail(f"mail to {name}", since, because, f"If it may go: regulars start --to {name}")
        for name, (since, because) in load_provider_stops(connection).items()
    ]
    return stops + providers


def newest_backup(folder: Path) -> Backup | None:
    """Returns the newest backup in `folder`; None where there is none."""
    files = [(file.stat(), file.name) for file in folder.glob("regulars-*.tar.gz")]
    if not files:
        return None
    status, name = max(files, key=lambda entry: entry[0].st_mtime)
    return Backup(name, datetime.fromtimestamp(status.st_mtime, UTC), status.st_size)
