"""The dry run of a shop's first day: real ticks on a copy of the database that is deleted
afterwards.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from engine.open.open_shop import OpenShop
from engine.open.scratch_shop import open_scratch_shop
from engine.run import run_tick
from engine.tick.counts import Counts
from engine.tick.tick_report import count_since
from engine.tick_context import context_of_last_tick
from shop.db.engine import read_transaction, write_transaction
from shop.tables import SyncState

A_DAY = timedelta(hours=24)
BETWEEN_LOOKS = timedelta(hours=1)


def first_day(
    shop: OpenShop, *, now: datetime, lasts: timedelta = A_DAY, every: timedelta = BETWEEN_LOOKS
) -> dict[str, Counts]:
    """Returns the counts by rule of ticks from `now` on, `every` hour for as long as `lasts`.

    Each enrolment counts with its last outcome; a mail that would be sent counts as rehearsed. The
    shop's database, outbox and journals stay unchanged, and nothing is sent.
    """
    with open_scratch_shop(shop) as scratch:
        with write_transaction(scratch.engine) as connection:
            # Without them no data are too old: in the coming hours the sources are read again.
            connection.execute(delete(SyncState))
        with read_transaction(scratch.engine) as connection:
            last_tick = context_of_last_tick(connection, now).tick
        at = now
        while at <= now + lasts:
            run_tick(scratch, now=at)
            at += every
        with read_transaction(scratch.engine) as connection:
            return count_since(connection, scratch.config, last_tick + 1)
