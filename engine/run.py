"""One run of the rules, step by step; Prefect's flows carry these same functions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from engine.open.open_shop import OpenShop
from engine.tick.advance import advance_enrolments
from engine.tick.counts import Counts
from engine.tick.tick import begin_tick
from engine.tick.tick_report import count_tick
from engine.tick_context import TickContext
from shop.db.engine import read_transaction
from shop.tables import RuleState

TICK_LOCK = "tick"


def begin(shop: OpenShop, *, now: datetime) -> tuple[TickContext, tuple[str, ...]]:
    """The turn, and the rules that have work in it."""
    started = begin_tick(shop.engine, shop.config, now=now)
    return TickContext(started.tick, now), started.rules


def run_rule(shop: OpenShop, name: str, context: TickContext) -> Counts:
    """Bring one rule's enrolments on; what it came to so far."""
    advance_enrolments(shop.engine, shop.config, name, context)
    return load_outcome(shop, context).get(name, Counts())


def load_outcome(shop: OpenShop, context: TickContext) -> dict[str, Counts]:
    """What this turn did, by rule."""
    with read_transaction(shop.engine) as connection:
        return count_tick(connection, shop.config, context.tick)


def last_evaluated(shop: OpenShop) -> datetime | None:
    """How far the rules have looked: a run before that finds nothing new."""
    with read_transaction(shop.engine) as connection:
        return connection.scalar(select(func.max(col(RuleState.looked_until))))
