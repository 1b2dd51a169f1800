"""What an event is: its defaults, its queries and its sentences, defined in one file each.

The files are in `triggers/events/` and found by `triggers.registry`. They are read whenever
config.yaml is, so they load SQLAlchemy only when a query is built (`triggers.lazy_modules`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from zoneinfo import ZoneInfo

from shop.types.feed import Feed
from shop.types.purpose import Pace, Purpose
from templates.language import Language, owner_sentences
from triggers.rule_schedule import RuleTiming

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from triggers.trigger import Trigger

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(weeks=1)
ExpiringLots = Sequence[tuple[datetime, int]]


@dataclass(frozen=True)
class Occasion:
    """One occasion of a rule for one customer, as an enrolment would begin with it."""

    key: str
    subject_kind: str | None  # the kind of row it is about, if it is about one
    subject_id: int | None
    since_at: datetime
    due_at: datetime

    def id_of(self, kind: str) -> int | None:
        """The row it is about, where that is one of this `kind`."""
        return self.subject_id if self.subject_kind == kind else None


@dataclass(frozen=True)
class ExplainContext:
    """Whose occasions are explained, and how moments are written for the reader."""

    connection: Connection
    customer_id: int
    zone: ZoneInfo  # the shop's
    sentences: Any  # of the event, `Event.sentences`
    format_time: Callable[[datetime], str]
    format_day: Callable[[date], str]

    def scalar(self, statement: Any) -> Any:
        """The first column of the first row of `statement`, or None."""
        return self.connection.scalar(statement)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One `when` of config.yaml: its defaults, its queries and its descriptions."""

    name: str  # the owner's words after `when:`
    trigger: Callable[[], Trigger]  # its queries
    fed_by: Feed | None = None  # the kind of data its occasions are found in
    purpose: Purpose = Purpose.MARKETING
    pace: Pace = Pace.AT_ONCE  # how long its mails may wait for a better hour
    at_most_late: timedelta = WEEK  # where the owner sets no limit
    subject: str | None = None  # the kind of row its occasions are about, kept with an enrolment
    needs: Literal["for", "in"] | None = None  # the length that its rules must have
    allows_usual: bool = False  # `for` may be: longer than usual
    facts: frozenset[str] = frozenset()  # what its mails may show besides the customer
    needs_loyalty: bool = False  # only with `loyalty:` in config.yaml
    # A mail answers the occasions of its customer that came before it, too.
    mail_answers_earlier: bool = False
    # Its mails rest on something not happening: how old the data that would tell may be.
    max_data_age: timedelta | None = None
    is_state: bool = False  # lasts until something ends it: its backlog is never too late
    by_calendar_day: bool = False  # due on a day of the customer's calendar, not at a moment
    subject_facts: frozenset[str] = frozenset()  # asked again: what it is about may be corrected
    # Of enrolments, by id: when the points end that they are about, and how many.
    expiring_lots: Callable[[Connection, Collection[int]], Mapping[int, ExpiringLots]] | None = None
    collects_for: timedelta = timedelta(0)  # one occasion stands for all within this length
    # For `regulars why`: what an occasion counts from and when it comes due; why there is none.
    describe_occasion: Callable[[ExplainContext, RuleTiming, Occasion], str]
    describe_no_occasion: Callable[[ExplainContext, RuleTiming], str]
    own_sentences: Any = None  # for an event without a file among those of the owner

    def sentences(self) -> Any:
        """Returns what its two descriptions say: `templates/owner/events/<name>_text.py`."""
        module = f"events.{self.name.replace(' ', '_')}_text"
        return self.own_sentences or owner_sentences(module)

    def reason(self, language: Language) -> str:
        """Returns why a mail comes, for its reader, from `templates/<code>/reasons.py`.

        An event that the language does not have gets the reason of every customer.
        """
        if self.own_sentences:
            return str(self.own_sentences.REASON)
        reasons = language.sentences("reasons")
        return str(getattr(reasons, self.name.replace(" ", "_").upper(), reasons.CUSTOMER))
