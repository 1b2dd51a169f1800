"""Enrolments that go no further because of whose they are; their history stays."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, update

from shop.db.upsert import table_of
from shop.tables import Enrolment, Message

UNDER_WAY = ("sending", "in doubt")
NOT_GONE_YET = ("waiting", "awaiting approval", "queued", "deferred")


def set_aside(
    connection: Connection, enrolments: Sequence[tuple[int, str]], why: str, now: datetime
) -> None:
    """End these enrolments, each under the occasion given, and skip what has not gone yet."""
    if not enrolments:
        return
    rows = [{"one": enrolment, "as": occasion} for enrolment, occasion in enrolments]
    mine, mails = table_of(Enrolment), table_of(Message)
    connection.execute(
        update(mine)
        .where(mine.c.id == bindparam("one"))
        .values(occasion=bindparam("as"), next_at=None, ended=func.coalesce(mine.c.ended, why)),
        rows,
    )
    connection.execute(
        update(mails)
        .where(mails.c.enrolment_id == bindparam("one"))
        .values(occasion=bindparam("as")),
        rows,
    )
    theirs = mails.c.enrolment_id.in_([enrolment for enrolment, _ in enrolments])
    connection.execute(
        update(mails)
        .where(theirs, mails.c.state.in_(NOT_GONE_YET))
        .values(state="skipped", reason=why, settled_at=now)
    )
