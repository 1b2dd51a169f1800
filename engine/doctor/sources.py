"""Checks that the sources can be read, and says which mails wait while one cannot."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from engine.delivery.data_age import SourceReading, end_of_trust, load_readings
from engine.live.finding import Finding, Reporter, Topic
from engine.open.open_shop import OpenShop
from shop.db.engine import read_transaction
from templates.language import ENGLISH
from triggers.registry import event_of

REMEDY = (
    "Run: regulars sync. It says what is wrong. A file that you no longer have: put it back, or "
    "remove its source from config.yaml; its orders stay."
)
report = Reporter(Topic.SOURCES)


def check_sources(shop: OpenShop, *, now: datetime) -> list[Finding]:
    """Return a warning for each source whose last attempt to be read failed."""
    with read_transaction(shop.engine) as connection:
        readings = load_readings(connection)
    failing = {
        name: readings[name]
        for name in shop.config.sources
        if name in readings and readings[name].failing_since
    }
    if not failing:
        return [report.ok("No source has failed to be read.")]
    return [
        report.warning(" ".join(_sentences(shop, name, reading, now)), REMEDY)
        for name, reading in failing.items()
    ]


def _sentences(shop: OpenShop, name: str, reading: SourceReading, now: datetime) -> Iterator[str]:
    yield f"{name} cannot be read since {_date(shop, reading.failing_since)}."
    if reading.read_at is None:
        yield "It has never been read to its end."
    ends = {
        rule_name: end
        for rule_name, rule in shop.config.rules.items()
        if event_of(rule).subject != "cart" and (end := end_of_trust(reading, rule)) is not None
    }
    for rule_name, end in ends.items():
        waits = "waits" if end < now else f"will wait from {_date(shop, end)} on"
        yield f"The rule {rule_name} {waits}, as its mails rest on nobody having come."


def _date(shop: OpenShop, moment: datetime | None) -> str:
    assert moment is not None  # noqa: S101 - asked of sources that fail
    return str(ENGLISH.date(moment.astimezone(shop.config.shop.zone).date()))
