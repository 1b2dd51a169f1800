"""A made-up event, in one file as every event is: a booking that the customer did not keep."""

from __future__ import annotations

from typing import Any

from triggers.durations import no_duration
from triggers.event import DAY, Event, ExplainContext, Occasion
from triggers.lazy_modules import col, sa, tables, trigger
from triggers.rule_schedule import RuleTiming

SUBJECT = "booking"


def _trigger() -> trigger.Trigger:
    return trigger.clock_trigger(
        _occasions,
        lambda _rule: col(tables.Booking.starts_at),
        no_duration,
        customer=col(tables.Booking.customer_id),
        still_applies=_still_missed,
        end_reason="the booking was kept after all",
    )


def _occasions(_rule: RuleTiming) -> sa.Select[Any]:
    booking = tables.Booking
    return sa.select(
        col(booking.customer_id).label("customer_id"),
        sa.cast(col(booking.id), sa.String).label("occasion"),
        col(booking.id).label("subject_id"),
        col(booking.starts_at).label("since_at"),
    ).where(col(booking.status) == "missed", col(booking.customer_id).is_not(None))


def _still_missed() -> sa.ColumnElement[bool]:
    booking, enrolment = tables.Booking, tables.Enrolment
    return (
        sa.select(col(booking.id))
        .where(
            col(enrolment.subject_kind) == SUBJECT,
            col(enrolment.subject_id) == col(booking.id),
            col(booking.customer_id) == col(enrolment.customer_id),
            col(booking.status) == "missed",
        )
        .exists()
    )


def _describe(context: ExplainContext, _rule: RuleTiming, occasion: Occasion) -> str:
    starts_at = context.format_time(occasion.since_at)
    return str(context.sentences.OCCASION.format(starts_at=starts_at))


def _describe_none(context: ExplainContext, _rule: RuleTiming) -> str:
    return str(context.sentences.NONE)


class Sentences:
    """In place of a module of the owner's sentences and of a reason in each language."""

    REASON = "you had booked with us"
    OCCASION = "missed a booking at {starts_at}"
    NONE = "They missed no booking."


EVENT = Event(
    name="booking missed",
    trigger=_trigger,
    subject=SUBJECT,
    at_most_late=DAY,
    describe_occasion=_describe,
    describe_no_occasion=_describe_none,
    own_sentences=Sentences,
)
