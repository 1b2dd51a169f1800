"""Loads what mails say about points: the customer's balance, and the points that end."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from engine.config.owner_config import OwnerConfig
from loyalty.balances import Standing, load_standings, sum_by_day
from mail.render.mail_facts import PointsExpiry, PointsFacts
from templates.language import Language
from triggers.event import ExpiringLots
from triggers.registry import event_of


def load_points(
    connection: Connection,
    config: OwnerConfig,
    rows: Collection[Row[Any]],
    now: datetime,
    languages: Mapping[str, Language],
) -> dict[str, PointsFacts]:
    """By message: the points of its customer, and those that end which it is about.

    `languages` are those of the messages, by their ids.
    """
    if config.loyalty is None:
        return {}
    zone, customer_ids = config.shop.zone, {row.customer_id for row in rows}
    balances = load_standings(connection, customer_ids, config.loyalty.rewards, now=now, zone=zone)
    lots = _load_expiring_lots(connection, config, rows)
    return {
        row.id: points_facts(
            balances[row.customer_id], lots.get(row.enrolment_id), zone, languages[row.id]
        )
        for row in rows
    }


def _load_expiring_lots(
    connection: Connection, config: OwnerConfig, rows: Collection[Row[Any]]
) -> dict[int, ExpiringLots]:
    """By enrolment, for rules whose occasions are about points that end."""
    lots: dict[int, ExpiringLots] = {}
    for name in {row.rule for row in rows}:
        rule = config.rules.get(name)
        if rule and (load_lots := event_of(rule).expiring_lots):
            of_rule = [row.enrolment_id for row in rows if row.rule == name]
            lots |= load_lots(connection, of_rule)
    return lots


def points_facts(
    standing: Standing, lots: ExpiringLots | None, zone: ZoneInfo, language: Language
) -> PointsFacts:
    """Returns what a mail in `language` says about `standing`; `lots` are the points that end which
    it is about.

    Without them, it is about those that end next.
    """
    next_lots = [(standing.expires_at, standing.expiring)] if standing.expires_at else []
    by_day = sum_by_day(lots or next_lots, zone)
    days = list(by_day)
    return PointsFacts(
        balance=standing.balance,
        earned=standing.earned,
        expiring=sum(by_day.values()),
        expires_on=language.days(days[0], days[-1]) if days else None,
        reward=standing.enough_for or standing.next_reward,
        missing=0 if standing.enough_for else standing.missing,
        expiries=tuple(PointsExpiry(points, language.day(day)) for day, points in by_day.items()),
    )
