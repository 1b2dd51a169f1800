"""What is not as it should be in a shop, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from engine.delivery.data_age import Readings
from engine.live.doctor_results import VALID_FOR, Examination
from engine.live.fingerprint import delivers_locally
from engine.open.open_shop import OpenShop
from engine.owner.mail_counts import MailCounts
from engine.owner.sources import SourceState, source_state
from shop.db.provider_stops import load_provider_stops
from shop.db.stops import load_stops
from templates.language import ENGLISH

DAY = timedelta(days=1)
LIVE, ONLY_TO, REHEARSAL = "live", "only to", "rehearsal"
LOOK_AGAIN = "Run: regulars doctor"


@dataclass(frozen=True)
class Concern:
    """A sentence without its full stop, and what to do."""

    message: str
    remedy: str


@dataclass(frozen=True)
class ShopFacts:
    """What was loaded of a shop to judge it."""

    readings: Readings
    ran_at: datetime | None
    mails: MailCounts
    doctor: Examination | None


def mode_of(shop: OpenShop) -> str:
    """Returns whom mail reaches: REHEARSAL for nobody, ONLY_TO or LIVE."""
    if delivers_locally(shop.config):
        return REHEARSAL
    return ONLY_TO if shop.config.sending.only_to else LIVE


def find_concerns(
    connection: Connection, shop: OpenShop, facts: ShopFacts, now: datetime
) -> list[Concern]:
    """Returns what needs the owner at `now`, the most urgent first."""
    return [
        *_stopped(connection),
        *_unread_sources(shop, facts.readings, now),
        *_missed_runs(shop, facts.ran_at, now),
        *_unsettled_mails(facts.mails),
        *_doctor_trouble(shop, facts.doctor, now),
    ]


def _stopped(connection: Connection) -> Iterator[Concern]:
    stops = load_stops(connection)
    if None in stops:
        because = stops[None][1]
        yield Concern(
            f"all mail is stopped{f': {because}' if because else ''}", "To go on: regulars start"
        )
    for provider, (_, because) in load_provider_stops(connection).items():
        yield Concern(
            f"mail to {provider} is held{f': {because}' if because else ''}",
            f"If it may go: regulars start --to {provider}",
        )


def _unread_sources(shop: OpenShop, readings: Readings, now: datetime) -> Iterator[Concern]:
    for name in shop.config.sources:
        reading = readings.get(name)
        state = source_state(reading, now)
        remedy = f"It says why: regulars sync {name}"
        if state is SourceState.NEVER:
            yield Concern(f"{name} has never been read", f"Run: regulars sync {name}")
        elif state is SourceState.FAILING and reading and reading.failing_since:
            since = ENGLISH.day_and_time(reading.failing_since.astimezone(shop.config.shop.zone))
            yield Concern(f"{name} cannot be read since {since}", remedy)
        elif state is SourceState.OLD and reading and reading.read_at:
            yield Concern(f"{name} was not read for {_days(now - reading.read_at)}", remedy)


def _missed_runs(shop: OpenShop, ran_at: datetime | None, now: datetime) -> Iterator[Concern]:
    remedy = "Let them run by themselves: regulars serve"
    if not shop.config.rules:
        return
    if ran_at is None:
        yield Concern("the rules have never run", remedy)
    elif now - ran_at > DAY:
        yield Concern(f"the rules did not run for {_days(now - ran_at)}", remedy)


def _days(length: timedelta) -> str:
    return "1 day" if length.days == 1 else f"{length.days} days"


def _unsettled_mails(mails: MailCounts) -> Iterator[Concern]:
    if mails.in_doubt:
        yield Concern(
            f"{mails.in_doubt} in doubt: regulars doubt list",
            "Look at your provider, and say what became of them: regulars doubt settle",
        )
    if mails.failed:
        yield Concern(
            f"{mails.failed} failed in 24 hours",
            "See whether your mail service takes mail: regulars doctor",
        )


def _doctor_trouble(
    shop: OpenShop, examination: Examination | None, now: datetime
) -> Iterator[Concern]:
    """What the doctor found counts where mail reaches customers."""
    if mode_of(shop) != LIVE:
        return
    if examination is None:
        yield Concern("regulars doctor has not looked at it", LOOK_AGAIN)
    elif examination.wrong:
        yield Concern(
            f"doctor: {examination.wrong} wrong, first: {examination.first_wrong}",
            f"Mend it, then look again. {LOOK_AGAIN}",
        )
    elif now - examination.at > VALID_FOR:
        yield Concern("the doctor's last look was more than 30 days ago", LOOK_AGAIN)
