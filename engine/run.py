"""One run of the rules, step by step; Prefect's flows carry these same functions."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlmodel import col

from engine.open.open_shop import OpenShop
from engine.tick.advance import advance
from engine.tick.counts import Counts
from engine.tick.tick import tick
from engine.tick.tick_report import report
from engine.tick_context import Turn
from shop.db.engine import reading
from shop.tables import RuleState

LOCK = "tick"


def begin(shop: OpenShop, *, now: datetime) -> tuple[Turn, tuple[str, ...]]:
    """The turn, and the rules that have work in it."""
    ticked = tick(shop.engine, shop.file, now=now)
    return Turn(ticked.tick, now), ticked.rules


def run_rule(shop: OpenShop, name: str, turn: Turn) -> Counts:
    """Bring one rule's enrolments on; what it came to so far."""
    advance(shop.engine, shop.file, name, turn)
    return outcome(shop, turn).get(name, Counts())


def outcome(shop: OpenShop, turn: Turn) -> dict[str, Counts]:
    """What this turn did, by rule."""
    with reading(shop.engine) as connection:
        return report(connection, shop.file, turn.tick)


def looked_until(shop: OpenShop) -> datetime | None:
    """How far the rules have looked: a run before that finds nothing new."""
    with reading(shop.engine) as connection:
        return connection.scalar(select(func.max(col(RuleState.looked_until))))
