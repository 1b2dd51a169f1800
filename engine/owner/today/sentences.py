"""What stands beside the numbers of Today: last period's, or what is usual, in a sentence."""

from __future__ import annotations

from datetime import date, tzinfo

from engine.owner.today.model import ReachFigure, Today, WeekMails
from measures.shop_days import OPENING, ReturningShare, WeekVisits
from templates.language import ENGLISH
from templates.owner import today as texts


def visits_beside(visits: WeekVisits) -> str:
    """Returns what the visits of this week are compared with."""
    if visits.last_week_total is None:
        return texts.NO_LAST_WEEK
    total = _number(visits.last_week_total)
    if visits.whole_days is None or visits.last_week is None:
        return texts.LAST_WEEK_TOTAL.format(total=total)
    last = visits.today.weekday() - 1
    return texts.ON_LAST_WEEK.format(
        days=_weekdays(last),
        count=_number(visits.whole_days),
        noun="day" if last == 0 else "days",
        before=_number(visits.last_week),
        total=total,
    )


def visits_sentence(visits: WeekVisits) -> str:
    """Returns the visits of this week with what they are compared with, for the morning letter."""
    beside = visits_beside(visits)
    return texts.VISITS_SENTENCE.format(
        count=_number(visits.so_far),
        noun="visit" if visits.so_far == 1 else "visits",
        beside=beside[0].upper() + beside[1:],
    )


def returning_value(share: ReturningShare) -> str:
    """Returns the share as the owner says it: `71 of 100`, or the counts where they are few."""
    if share.per_hundred is not None:
        return f"{share.per_hundred} of 100"
    return f"{_number(share.returning)} of {_number(share.visits)}"


def returning_beside(share: ReturningShare, data_begin: date | None) -> str:
    """Returns what is usual for the share, or why it is not said."""
    if share.is_opening and data_begin is not None:
        return texts.OPENING.format(day=ENGLISH.date(data_begin))
    if share.usual is None:
        return texts.TOO_FEW if share.per_hundred is None else texts.NOT_USUAL_YET
    low, high = share.usual
    return (texts.USUALLY_ONE if low == high else texts.USUALLY).format(low=low, high=high)


def mails_beside(mails: WeekMails) -> str:
    """Returns last week's number of mails, and how many wait."""
    parts = [texts.MAILS_LAST_WEEK.format(count=_number(mails.last_week))]
    waiting = [
        text.format(count=_number(count))
        for text, count in ((texts.HELD, mails.held), (texts.QUEUED, mails.queued))
        if count
    ]
    if waiting:
        parts.append(f"waiting: {ENGLISH.list_of(waiting)}")
    return "; ".join(parts)


def reach_value(reach: ReachFigure | None) -> str:
    """Returns how many of how many may be mailed; a dash before the first run."""
    return "–" if reach is None else f"{_number(reach.reachable)} of {_number(reach.known)}"


def reach_beside(reach: ReachFigure | None, today: date, zone: tzinfo) -> str:
    """Returns the change of a week, how many said no, and when it was counted, in `zone`; without
    the day if that is `today`.
    """
    if reach is None:
        return texts.NOT_COUNTED
    change = (
        texts.REACH_NO_CHANGE
        if reach.change is None
        else texts.REACH_CHANGE.format(change=_change(reach.change))
    )
    local = reach.counted_at.astimezone(zone)
    moment = ENGLISH.time(local) if local.date() == today else ENGLISH.day_and_time(local)
    no, counted = texts.SAID_NO.format(count=_number(reach.no)), texts.COUNTED
    return f"{change}; {no}; {counted.format(moment=moment)}"


def opening_note(today: Today) -> str | None:
    """Returns why days at the beginning of the data name nobody new; None where none is shown."""
    if today.data_begin is None or not any(day.first_seen for day in today.days):
        return None
    return texts.DAYS_OPENING.format(day=ENGLISH.date(today.data_begin + OPENING))


def _change(number: int) -> str:
    if number == 0:
        return texts.AS_MANY
    return (texts.MORE if number > 0 else texts.FEWER).format(number=_number(abs(number)))


def _weekdays(last: int) -> str:
    first = texts.WEEKDAYS[0]
    return first if last == 0 else f"{first} to {texts.WEEKDAYS[last]}"


def _number(number: int) -> str:
    return ENGLISH.integer(number)
