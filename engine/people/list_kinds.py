"""The kinds of lists of people: every count of a page links to the people that it counts.

A link is `list_path("mails", rule="win-back", state="skipped", reason="capped")`, the same list on
the command line `regulars customers list --list "mails rule=win-back state=skipped"`. A new kind
is one entry in `KINDS`; its query selects the customers in one column.

| kind | parameters (all optional) | the people |
|---|---|---|
| all | | everybody |
| rule | rule, verdict, progress (`PROGRESS`), ended (why), step | whom a rule is about |
| mails | rule, state, reason, template, step, from, until | who has such a mail |
| reach | state: a `ReachState` | who may be mailed, and who may not |
| visits | who (all, new, returning), from, until | who came in the period |
| tasks | rule, step, state (open, done) | whom such a task is about; an open one by default |
| overdue | | whose next visit was due, by their own rhythm, in the last 90 days |
| ahead | what, rule, step, day | whom an entry of the calendar of the coming days is about |

`from` and `until` are days in the shop's time zone, both included; of a mail, when it was settled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, Connection, Select, select
from sqlmodel import col

from engine.calendar.people_ahead import PEOPLE_AHEAD, select_ahead
from engine.config.owner_config import OwnerConfig
from engine.message_states import ACCEPTED, State
from engine.people.reach_people import ReachState, select_reach
from measures.overdue import is_overdue
from settings.errors import WrongUsageError
from settings.model import nearest
from shop.db.upsert import table_of
from shop.rule_counts.classes import (
    DETAIL,
    DONE,
    MOVING_STATES,
    ON_ITS_WAY,
    OPEN,
    Progress,
)
from shop.tables import Enrolment, Message, Metrics, Task, VisitDay
from triggers.verdicts import Verdict

Parameters = Mapping[str, str]
PATH = "/customers"
LIST = "list"  # the parameter of a link that names the kind
EVERYBODY = "all"
ACCEPTED_STATE = "accepted"  # sent, whatever came back later
WRITTEN_STATE = "written"  # accepted or rehearsed
# Running is waiting for a moment, or at a mail that has not gone yet.
PROGRESS = ("running", *(member.value for member in Progress))
STATE_GROUPS: Mapping[str, Sequence[str]] = {
    ACCEPTED_STATE: [member.value for member in ACCEPTED],
    WRITTEN_STATE: [member.value for member in (*ACCEPTED, State.REHEARSED)],
    ON_ITS_WAY: MOVING_STATES,
}
VISITORS = ("all", "new", "returning")
MAX_LENGTH = 200  # of a parameter
DAY_PARAMETERS = ("from", "until", "day")
PERIOD_PARAMETERS = ("from", "until")


@dataclass(frozen=True)
class ListContext:
    """What the query of a list depends on besides its parameters."""

    config: OwnerConfig
    now: datetime
    connection: Connection

    def day_start(self, day: date) -> datetime:
        """Returns midnight of `day` in the shop's time zone."""
        return datetime.combine(day, time(), self.config.shop.zone)


@dataclass(frozen=True)
class ListKind:
    """A kind of list: `choices` are its parameters with their values, () for any text.

    `build` returns a query of one column `customer_id`, in which a customer may be repeated; None
    for everybody. `describe` returns the heading of the list.
    """

    choices: Mapping[str, tuple[str, ...]]
    build: Callable[[ListContext, Parameters], Select[Any] | None]
    describe: Callable[[Parameters], str]


@dataclass(frozen=True)
class ListChoice:
    """A kind of list with its parameters, all of them valid."""

    kind: str
    parameters: Parameters

    @property
    def title(self) -> str:
        """Returns the heading in the owner's words."""
        return KINDS[self.kind].describe(self.parameters)

    @property
    def path(self) -> str:
        """Returns the path of the list on the owner's pages."""
        return list_path(self.kind, **self.parameters)

    def select(self, context: ListContext) -> Select[Any] | None:
        """Returns the query of the customers, in one column `customer_id`; None for everybody."""
        return KINDS[self.kind].build(context, self.parameters)


def list_path(kind: str, **parameters: str) -> str:
    """Returns the path of a list, such as `/customers?list=reach&state=yes`.

    A parameter that is a Python keyword is given by `**{"from": "2026-03-01"}`.
    """
    named = {} if kind == EVERYBODY else {LIST: kind}
    query = urlencode(named | {name: value for name, value in parameters.items() if value})
    return f"{PATH}?{query}" if query else PATH


def read_choice(parameters: Parameters) -> ListChoice:
    """Returns the list that the `parameters` of a link name; others than its own are ignored.

    Raises `WrongUsageError` for an unknown kind or value.
    """
    kind = parameters.get(LIST) or EVERYBODY
    if kind not in KINDS:
        raise WrongUsageError(_unknown("list", kind, tuple(KINDS)))
    own = {name: parameters[name] for name in KINDS[kind].choices if parameters.get(name)}
    for name, value in own.items():
        _check(name, value, KINDS[kind].choices[name])
    return ListChoice(kind, own)


def parse_choice(text: str) -> ListChoice:
    """Returns the list that `text` names: a kind, then `name=value` for each parameter.

    A word without a `=` belongs to the value before it. Raises `WrongUsageError` for an unknown
    kind, parameter or value.
    """
    kind, *words = text.split() or [EVERYBODY]
    parameters: dict[str, str] = {LIST: kind}
    name = LIST
    for word in words:
        before, is_new, value = word.partition("=")
        name = before if is_new else name
        parameters[name] = value if is_new else f"{parameters[name]} {word}"
    kind = parameters[LIST]
    if kind in KINDS and (unknown := parameters.keys() - {LIST, *KINDS[kind].choices}):
        raise WrongUsageError(_unknown(kind, min(unknown), tuple(KINDS[kind].choices)))
    return read_choice(parameters)


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if len(value) > MAX_LENGTH:
        raise WrongUsageError(f"{name}: that is too long.")
    if choices and value not in choices:
        raise WrongUsageError(_unknown(name, value, choices))
    if name in DAY_PARAMETERS:
        _read_day(name, value)


def _unknown(name: str, value: str, choices: tuple[str, ...]) -> str:
    suggestion = nearest(value[:MAX_LENGTH], choices)
    hint = f'Did you mean "{suggestion}"?' if suggestion else f"There are: {', '.join(choices)}."
    return f"{name}: there is no {value[:40]}. {hint}"


def _read_day(name: str, value: str) -> date:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise WrongUsageError(f"{name}: write a day, such as 2026-03-01.") from None
    if not 1970 < day.year < 2200:
        raise WrongUsageError(f"{name}: write a day, such as 2026-03-01.")
    return day


def _period(context: ListContext, parameters: Parameters, column: Any) -> list[Any]:
    """Conditions that `column` is in the days of `parameters`."""
    conditions = []
    if "from" in parameters:
        first = _read_day("from", parameters["from"])
        conditions.append(column >= context.day_start(first))
    if "until" in parameters:
        last = _read_day("until", parameters["until"])
        conditions.append(column < context.day_start(last + timedelta(days=1)))
    return conditions


def _describe_period(parameters: Parameters) -> str:
    first, last = parameters.get("from"), parameters.get("until")
    if first and last:
        return f" on {first}" if first == last else f" from {first} until {last}"
    return f" since {first}" if first else f" until {last}" if last else ""


def _select_everybody(_: ListContext, __: Parameters) -> None:
    return None


def _select_enrolled(_: ListContext, parameters: Parameters) -> Select[Any]:
    table = table_of(Enrolment)
    query = select(table.c.customer_id)
    for name in ("rule", "verdict", "step"):
        if name in parameters:
            query = query.where(table.c[name] == parameters[name])
    if "ended" in parameters:
        query = query.where(_is_reason(table.c.ended, parameters["ended"]))
    if "progress" in parameters:
        has_begun = table.c.verdict == Verdict.GO.value
        query = query.where(has_begun, _is_at(parameters["progress"]))
    return query


def _is_at(progress: str) -> ColumnElement[bool]:
    table = table_of(Enrolment)
    if progress == "ended":
        return table.c.ended.is_not(None)
    is_running = table.c.ended.is_(None)
    if progress == Progress.WAITING:
        return is_running & table.c.next_at.is_not(None)
    return is_running & table.c.next_at.is_(None) if progress == Progress.AT_MAIL else is_running


def _is_reason(column: ColumnElement[Any], reason: str) -> ColumnElement[bool]:
    """Whether `column` says `reason`, also with a detail, such as what a mail server answered."""
    return (column == reason) | column.startswith(f"{reason}{DETAIL}", autoescape=True)


def _describe_enrolled(parameters: Parameters) -> str:
    rule = parameters.get("rule", "all rules")
    details = [parameters[name] for name in ("verdict", "progress", "ended", "step")
               if name in parameters]  # fmt: skip
    return f"People of {rule}{': ' if details else ''}{', '.join(details)}"


def _select_mailed(context: ListContext, parameters: Parameters) -> Select[Any]:
    query = select(col(Message.customer_id))
    table = table_of(Message)
    for name in ("rule", "template", "step"):
        if name in parameters:
            query = query.where(table.c[name] == parameters[name])
    if "reason" in parameters:
        query = query.where(_is_reason(table.c.reason, parameters["reason"]))
    if state := parameters.get("state"):
        states = STATE_GROUPS.get(state, [state])
        query = query.where(col(Message.state).in_(states))
    return query.where(*_period(context, parameters, col(Message.settled_at)))


def _describe_mailed(parameters: Parameters) -> str:
    rule = f" of {parameters['rule']}" if "rule" in parameters else ""
    details = [parameters[name] for name in ("state", "reason", "template", "step")
               if name in parameters]  # fmt: skip
    period = _describe_period(parameters)
    return f"People with a mail{rule}{': ' if details else ''}{', '.join(details)}{period}"


def _select_visitors(_: ListContext, parameters: Parameters) -> Select[Any]:
    """New are those whose first visit is in the period; returning those with an earlier visit than
    one in the period.
    """
    day, customer = col(VisitDay.day), col(VisitDay.customer_id)
    visits = select(customer).where(*_days_between(parameters, day))
    who = parameters.get("who", "all")
    if who == "all":
        return visits
    other = table_of(VisitDay).alias("earlier")
    has_earlier = (
        select(other.c.day).where(other.c.customer_id == customer, other.c.day < day).exists()
    )
    return visits.where(has_earlier if who == "returning" else ~has_earlier)


def _days_between(parameters: Parameters, day: Any) -> list[Any]:
    """Conditions that the ordinal `day` is one of the days of `parameters`."""
    conditions = []
    if "from" in parameters:
        conditions.append(day >= _read_day("from", parameters["from"]).toordinal())
    if "until" in parameters:
        conditions.append(day <= _read_day("until", parameters["until"]).toordinal())
    return conditions


def _describe_visitors(parameters: Parameters) -> str:
    people = {"new": "New people", "returning": "Returning people"}
    who = people.get(parameters.get("who", ""), "People who came")
    return f"{who}{_describe_period(parameters)}"


def _select_with_tasks(_: ListContext, parameters: Parameters) -> Select[Any]:
    is_open = col(Task.done_at).is_(None)
    query = select(col(Task.customer_id))
    query = query.where(~is_open if parameters.get("state") == DONE else is_open)
    for name in ("rule", "step"):
        if name in parameters:
            query = query.where(table_of(Task).c[name] == parameters[name])
    return query


def _describe_tasks(parameters: Parameters) -> str:
    rule = f" of {parameters['rule']}" if "rule" in parameters else ""
    state = "a finished" if parameters.get("state") == DONE else "an open"
    return f"People with {state} task{rule}"


def _select_overdue(context: ListContext, _: Parameters) -> Select[Any]:
    return select(col(Metrics.customer_id)).where(is_overdue(context.now))


def _select_reach(context: ListContext, parameters: Parameters) -> Select[Any]:
    state = ReachState(parameters.get("state", ReachState.REACHABLE.value))
    return select_reach(context.config, state, now=context.now)


def _select_ahead(context: ListContext, parameters: Parameters) -> Select[Any]:
    day = _read_day("day", parameters["day"]) if "day" in parameters else None
    return select_ahead(context.connection, context.config, parameters, day, now=context.now)


def _describe_ahead(parameters: Parameters) -> str:
    details = [parameters[name] for name in ("what", "rule", "step", "day") if name in parameters]
    return f"People of the calendar{': ' if details else ''}{', '.join(details)}"


def _describe_reach(parameters: Parameters) -> str:
    return ReachState(parameters.get("state", ReachState.REACHABLE.value)).heading


PERIOD: Mapping[str, tuple[str, ...]] = dict.fromkeys(PERIOD_PARAMETERS, ())
KINDS: Mapping[str, ListKind] = {
    EVERYBODY: ListKind({}, _select_everybody, lambda _: "Everybody"),
    "rule": ListKind(
        {
            "rule": (),
            "verdict": tuple(member.value for member in Verdict),
            "progress": PROGRESS,
            "ended": (),
            "step": (),
        },
        _select_enrolled,
        _describe_enrolled,
    ),
    "mails": ListKind(
        {
            "rule": (),
            "state": (*STATE_GROUPS, *(member.value for member in State)),
            "reason": (),
            "template": (),
            "step": (),
            **PERIOD,
        },
        _select_mailed,
        _describe_mailed,
    ),
    "reach": ListKind(
        {"state": tuple(member.value for member in ReachState)}, _select_reach, _describe_reach
    ),
    "visits": ListKind({"who": VISITORS, **PERIOD}, _select_visitors, _describe_visitors),
    "tasks": ListKind(
        {"rule": (), "step": (), "state": (OPEN, DONE)}, _select_with_tasks, _describe_tasks
    ),
    "ahead": ListKind(
        {"what": PEOPLE_AHEAD, "rule": (), "step": (), "day": ()}, _select_ahead, _describe_ahead
    ),
    "overdue": ListKind({}, _select_overdue, lambda _: "Overdue regulars"),
}
