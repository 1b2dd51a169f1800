"""The figures of each rule: its state, its people, its mails, and what was not sent and why.

The page Rules, a rule's own page and `regulars rules --json` show these and no others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.feeds.database_feeds import stored_feeds
from engine.feeds.starved_rules import find_starved_rules
from engine.message_states import ACCEPTED, State
from engine.messages.correction import is_correction_rule
from engine.open.open_shop import OpenShop
from engine.people.list_kinds import ACCEPTED_STATE, list_path
from engine.rules.numbers import Class, RuleNumbers, load_numbers, total
from engine.rules.period import Period
from engine.rules.sentence import rule_sentence
from engine.tick.advance import DONE
from shop.db.stops import load_stops
from shop.rule_counts.classes import ON_ITS_WAY, Progress
from shop.tables import RuleState
from triggers.verdicts import Verdict

Key = TypeVar("Key", str, tuple[str, str])
ACCEPTED_STATES = tuple(state.value for state in ACCEPTED)
RUNNING = (Progress.WAITING.value, Progress.AT_MAIL.value)
NOT_SENT = (State.SKIPPED.value, State.FAILED.value, State.DECLINED.value)
REMOVED_SENTENCE = (
    "It is no longer in config.yaml. Nobody is added; people who were in the middle stay where "
    "they are and get no mail until it is back."
)
# Why people whom a rule found do not begin.
VERDICT_WORDS = {
    Verdict.NOT_MET.value: "its “if” is not met",
    Verdict.NO_ADDRESS.value: "no e-mail address",
    Verdict.NO_BASIS.value: "no yes to mail",
    Verdict.TOO_LATE.value: "found too late",
}


class RuleStatus(StrEnum):
    """The state of a rule, in the owner's words."""

    ON = "on"
    PAUSED = "paused"
    STARVED = "cannot match"
    REMOVED = "removed"


@dataclass(frozen=True)
class Figure:
    """A number with its word, and the path of the list of the people whom it counts."""

    word: str
    number: int
    path: str


@dataclass(frozen=True)
class RuleFigures:
    """One rule. `mails_before` counts the mails sent in the period before."""

    name: str
    status: RuleStatus
    sentence: str
    note: str  # why it is paused, removed or matches nobody; else empty
    paused_at: datetime | None
    evaluated_at: datetime | None
    in_it: Figure
    done: Figure
    stopped: tuple[Figure, ...]  # by reason
    not_begun: tuple[Figure, ...]  # by reason
    sent: Figure
    mails_before: int
    rehearsed: Figure
    not_sent: tuple[Figure, ...]  # by reason, in the period
    awaiting_approval: Figure
    on_its_way: Figure
    in_doubt: Figure

    @property
    def stopped_total(self) -> int:
        return sum(figure.number for figure in self.stopped)

    @property
    def not_sent_total(self) -> int:
        return sum(figure.number for figure in self.not_sent)

    @property
    def not_begun_total(self) -> int:
        return sum(figure.number for figure in self.not_begun)


@dataclass(frozen=True)
class RulesOverview:
    """All rules in the order of config.yaml, then those that left it with people still in them."""

    period: Period
    rules: tuple[RuleFigures, ...]
    stopped_because: str | None  # why all mail is held; empty without a reason
    stopped_at: datetime | None  # None where it is not held
    numbers: Mapping[str, RuleNumbers] = field(default_factory=dict, repr=False)  # by rule

    def find(self, name: str) -> RuleFigures | None:
        """Returns the rule called `name`; None for one without people that is not in the file."""
        return next((rule for rule in self.rules if rule.name == name), None)


@dataclass(frozen=True)
class _States:
    """What decides the status of rules."""

    stops: Mapping[str | None, tuple[datetime, str | None]]
    starved: Mapping[str, str]
    evaluated: Mapping[str, datetime]


def load_rules(
    connection: Connection, shop: OpenShop, *, now: datetime, name: str | None = None
) -> RulesOverview:
    """Returns the figures at `now` of all rules of `shop`, or of the rule called `name` alone.

    Reads counters: the cost does not depend on the number of customers.
    """
    period = Period.until(now, shop.config.shop.zone)
    numbers = load_numbers(connection, period, name)
    states = _load_states(connection, shop)
    names = [*shop.config.rules, *_removed(numbers, shop)]
    stop = states.stops.get(None)
    return RulesOverview(
        period=period,
        rules=tuple(
            _figures(rule, shop, numbers.get(rule, RuleNumbers()), states, period)
            for rule in names
            if name in (None, rule)
        ),
        stopped_because=(stop[1] or "") if stop else None,
        stopped_at=stop[0] if stop else None,
        numbers=numbers,
    )


def _removed(numbers: Mapping[str, RuleNumbers], shop: OpenShop) -> list[str]:
    return sorted(
        name
        for name, counts in numbers.items()
        if name not in shop.config.rules
        and not is_correction_rule(name)
        and total(counts.people, RUNNING)
    )


def _load_states(connection: Connection, shop: OpenShop) -> _States:
    starved: dict[str, str] = {}
    for rule in find_starved_rules(shop.config, stored_feeds(shop.engine)):
        starved.setdefault(rule.rule, str(rule))
    evaluated = select(col(RuleState.rule), col(RuleState.looked_until))
    return _States(
        load_stops(connection), starved, dict(connection.execute(evaluated).tuples().all())
    )


def _figures(
    name: str, shop: OpenShop, numbers: RuleNumbers, states: _States, period: Period
) -> RuleFigures:
    rule = shop.config.rules.get(name)
    status, note = _status(name, shop, states)
    stop = states.stops.get(name)
    people, mails = numbers.people, numbers.mails
    return RuleFigures(
        name=name,
        status=status,
        sentence=rule_sentence(rule) if rule else REMOVED_SENTENCE,
        note=note,
        paused_at=stop[0] if stop else None,
        evaluated_at=states.evaluated.get(name),
        in_it=Figure(
            "in it now", total(people, RUNNING), list_path("rule", rule=name, progress="running")
        ),
        done=Figure(
            "went through", _ended(people)[DONE],
            list_path("rule", rule=name, progress="ended", ended=DONE),
        ),
        stopped=_stopped(name, people),
        not_begun=_not_begun(name, people),
        sent=Figure(
            "sent", total(numbers.mails_in_period, ACCEPTED_STATES),
            _mails_path(name, ACCEPTED_STATE, period),
        ),
        mails_before=total(numbers.mails_before, ACCEPTED_STATES),
        rehearsed=Figure(
            "rehearsed", total(numbers.mails_in_period, (State.REHEARSED.value,)),
            _mails_path(name, State.REHEARSED.value, period),
        ),
        not_sent=not_sent_figures(name, numbers.mails_in_period, period.parameters),
        awaiting_approval=_current(
            name, mails, State.AWAITING_APPROVAL.value, "wait for your word"
        ),
        on_its_way=Figure(
            ON_ITS_WAY, total(mails, (ON_ITS_WAY,)), list_path("mails", rule=name, state=ON_ITS_WAY)
        ),
        in_doubt=_current(name, mails, State.IN_DOUBT.value, "in doubt"),
    )  # fmt: skip


def _status(name: str, shop: OpenShop, states: _States) -> tuple[RuleStatus, str]:
    if name not in shop.config.rules:
        return RuleStatus.REMOVED, REMOVED_SENTENCE
    if name in states.stops:
        return RuleStatus.PAUSED, states.stops[name][1] or ""
    if name in states.starved:
        return RuleStatus.STARVED, states.starved[name]
    return RuleStatus.ON, ""


def _current(name: str, mails: Counter[Class], state: str, word: str) -> Figure:
    return Figure(word, total(mails, (state,)), list_path("mails", rule=name, state=state))


def _mails_path(name: str, state: str, period: Period) -> str:
    return list_path("mails", rule=name, state=state, **period.parameters)


def not_sent_figures(
    name: str, mails: Counter[Class], parameters: Mapping[str, str]
) -> tuple[Figure, ...]:
    """Returns the mails of the rule called `name` that were not sent, by state and reason, the most
    frequent first. `parameters` narrow the lists of their people.
    """
    by_reason: Counter[tuple[str, str]] = Counter()
    for counted, number in mails.items():
        if counted.state in NOT_SENT:
            by_reason[counted.state, counted.reason] += number
    return tuple(
        Figure(
            reason or state, number,
            list_path("mails", rule=name, state=state, reason=reason, **parameters),
        )
        for (state, reason), number in _in_order(by_reason)
    )  # fmt: skip


def _ended(people: Counter[Class]) -> Counter[str]:
    reasons: Counter[str] = Counter()
    for counted, number in people.items():
        if counted.state == Progress.ENDED.value:
            reasons[counted.reason] += number
    return reasons


def _stopped(name: str, people: Counter[Class]) -> tuple[Figure, ...]:
    return tuple(
        Figure(reason, number, list_path("rule", rule=name, progress="ended", ended=reason))
        for reason, number in _in_order(_ended(people))
        if reason != DONE
    )


def _not_begun(name: str, people: Counter[Class]) -> tuple[Figure, ...]:
    verdicts: Counter[str] = Counter()
    for counted, number in people.items():
        if counted.state in VERDICT_WORDS:
            verdicts[counted.state] += number
    return tuple(
        Figure(VERDICT_WORDS[verdict], number, list_path("rule", rule=name, verdict=verdict))
        for verdict, number in _in_order(verdicts)
    )


def _in_order(numbers: Counter[Key]) -> Sequence[tuple[Key, int]]:
    """The most frequent first, then by name: the same on every page."""
    return sorted(numbers.items(), key=lambda pair: (-pair[1], pair[0]))
