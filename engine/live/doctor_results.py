"""Stores the doctor's result per settings and decides whether marketing mail may be sent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, select
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.live.finding import Finding, FindingKind, Topic
from engine.live.fingerprint import delivers_locally, settings_fingerprint
from engine.open.open_shop import OpenShop
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_into
from shop.tables import DoctorRun

VALID_FOR = timedelta(days=30)
RUN_DOCTOR = "Run: regulars doctor"
NEVER_EXAMINED = f"Nobody has looked yet whether your mail will arrive. {RUN_DOCTOR}"
SETTINGS_CHANGED = (
    f"from, public address or the mail service have changed since the last look. {RUN_DOCTOR}"
)
RESULT_EXPIRED = (
    f"The last look at whether your mail will arrive was more than 30 days ago. {RUN_DOCTOR}"
)
STILL_WRONG = "When last looked at, {wrong} still wrong: {first} Mend it, then run: regulars doctor"


@dataclass(frozen=True)
class Examination:
    """When the doctor looked, how many things were wrong, and the first of them."""

    at: datetime
    wrong: int
    first_wrong: str | None


def save_findings(shop: OpenShop, findings: Sequence[Finding], *, now: datetime) -> None:
    """Store the findings and the number of errors, under the fingerprint of the current settings.

    Results for other settings are kept.
    """
    errors = [finding for finding in findings if finding.kind is FindingKind.WRONG]
    row = {
        "about": settings_fingerprint(shop.config),
        "at": now,
        "wrong": len(errors),
        "first_wrong": errors[0].message if errors else None,
        "findings": json.dumps([asdict(finding) for finding in findings]),
    }
    with write_transaction(shop.engine) as connection:
        insert = insert_into(DoctorRun)
        new_values = {name: insert.excluded[name] for name in row if name != "about"}
        connection.execute(
            insert.on_conflict_do_update(index_elements=["about"], set_=new_values), row
        )


def live_block_reason(shop: OpenShop, now: datetime) -> str | None:
    """Return why marketing mail may not reach customers yet, as a sentence; None where it may.

    Not required where mail stays on this machine or goes only to the addresses in `only to`.
    """
    if delivers_locally(shop.config) or not shop.config.sending.is_live:
        return None
    fingerprint = settings_fingerprint(shop.config)
    with read_transaction(shop.engine) as connection:
        rows = connection.execute(select(*_COLUMNS)).all()
    if not rows:
        return NEVER_EXAMINED
    examination = next((row for row in rows if row.about == fingerprint), None)
    return SETTINGS_CHANGED if examination is None else _block_reason(examination, now)


_COLUMNS = (
    col(DoctorRun.about),
    col(DoctorRun.at),
    col(DoctorRun.wrong),
    col(DoctorRun.first_wrong),
)


def load_examination(connection: Connection, config: OwnerConfig) -> Examination | None:
    """Returns the doctor's last result for the settings of `config`; None where there is none."""
    about = settings_fingerprint(config)
    row = connection.execute(select(*_COLUMNS).where(col(DoctorRun.about) == about)).first()
    return Examination(row.at, row.wrong, row.first_wrong) if row else None


def load_findings(connection: Connection, config: OwnerConfig) -> list[Finding]:
    """Returns the doctor's last findings about the settings of `config`, worst first."""
    about = settings_fingerprint(config)
    query = select(col(DoctorRun.findings)).where(col(DoctorRun.about) == about)
    return [
        Finding(Topic(row["about"]), FindingKind(row["kind"]), row["message"], row["remedy"])
        for row in json.loads(connection.scalar(query) or "[]")
    ]


def _block_reason(
    examination: Row[tuple[str, datetime, int, str | None]], now: datetime
) -> str | None:
    if examination.wrong:
        count = "one thing was" if examination.wrong == 1 else f"{examination.wrong} things were"
        return STILL_WRONG.format(wrong=count, first=examination.first_wrong)
    return RESULT_EXPIRED if now - examination.at > VALID_FOR else None
