"""What the doctor found is kept, and live marketing asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, select
from sqlmodel import col

from engine.live.finding import Finding, Kind
from engine.live.fingerprint import digest, reaches_nobody
from engine.open.open_shop import OpenShop
from shop.db.engine import reading, writing
from shop.db.upsert import insert_into
from shop.tables import Examination

GOOD_FOR = timedelta(days=30)
RUN = "Run: regulars doctor"
NEVER = f"Nobody has looked yet whether your mail will arrive. {RUN}"
OTHERWISE = f"from, public address or the mail service have changed since the last look. {RUN}"
LONG_AGO = f"The last look at whether your mail will arrive was more than 30 days ago. {RUN}"
WRONG = "When last looked at, {wrong} still wrong: {first} Mend it, then run: regulars doctor"


def keep(shop: OpenShop, findings: Sequence[Finding], *, now: datetime) -> None:
    """The last word on these settings; what was found for others stays."""
    wrong = [one for one in findings if one.kind is Kind.WRONG]
    row = {
        "about": digest(shop.file),
        "at": now,
        "wrong": len(wrong),
        "first_wrong": wrong[0].what if wrong else None,
    }
    with writing(shop.engine) as connection:
        insert = insert_into(Examination)
        newer = {name: insert.excluded[name] for name in row if name != "about"}
        connection.execute(insert.on_conflict_do_update(index_elements=["about"], set_=newer), row)


def may_go_live(shop: OpenShop, now: datetime) -> str | None:
    """Why no marketing may go to customers yet, in a sentence; None where it may.

    Where mail reaches nobody anyway, or the owner alone, nothing is asked.
    """
    if reaches_nobody(shop.file) or not shop.file.sending.is_live:
        return None
    about = digest(shop.file)
    with reading(shop.engine) as connection:
        rows = connection.execute(select(*_COLUMNS)).all()
    if not rows:
        return NEVER
    ours = next((row for row in rows if row.about == about), None)
    return OTHERWISE if ours is None else _standing(ours, now)


_COLUMNS = (
    col(Examination.about),
    col(Examination.at),
    col(Examination.wrong),
    col(Examination.first_wrong),
)


def _standing(found: Row[tuple[str, datetime, int, str | None]], now: datetime) -> str | None:
    if found.wrong:
        many = "one thing was" if found.wrong == 1 else f"{found.wrong} things were"
        return WRONG.format(wrong=many, first=found.first_wrong)
    return LONG_AGO if now - found.at > GOOD_FOR else None
