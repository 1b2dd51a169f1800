"""What an entry of the calendar says, for the page, the terminal and `--json` alike."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.calendar.model import Entry
from engine.config.owner_config import OwnerConfig
from templates.language import ENGLISH
from templates.owner import calendar as words


@dataclass(frozen=True)
class Line:
    """An entry in words: the `rule`, the `count` with its noun, and the `rest`."""

    rule: str
    count: str
    rest: str

    @property
    def text(self) -> str:
        return " ".join(part for part in (self.count, self.rest) if part)


def describe(entry: Entry, config: OwnerConfig) -> Line:
    """Returns the words of `entry`, with times on the shop's clock."""
    kind, template = entry.kind.value, words.SENTENCES[entry.kind.value]
    if entry.is_overdue:
        template = words.OVERDUE
    rest = template.format(
        action=_action_text(entry, config),
        at=_clock(entry.at, config) if entry.at else "",
        since=ENGLISH.day(entry.since) if entry.since else "",
        occasion=_occasion_text(entry.rule, config),
        points=_counted(entry.points, "point", "points"),
    )
    if entry.is_held:
        rest = f"{rest} ({words.HELD})"
    count = _counted(entry.count, *words.NOUNS[kind]) if kind in words.NOUNS else ""
    return Line(entry.rule or "", count, rest)


def _counted(count: int, singular: str, plural: str) -> str:
    return f"{ENGLISH.integer(count)} {singular if count == 1 else plural}"


def _clock(moment: datetime, config: OwnerConfig) -> str:
    return ENGLISH.time(moment.astimezone(config.shop.zone))


def _action_text(entry: Entry, config: OwnerConfig) -> str:
    action = entry.action
    if action is None:
        return words.NO_ACTION
    day = action.at.astimezone(config.shop.zone).date()
    at = _clock(action.at, config)
    if day != entry.day:
        at = words.ON_ANOTHER_DAY.format(at=at, day=ENGLISH.day(day))
    text = words.ACTIONS[action.deed.value].format(name=action.name, at=at)
    return words.WAITS.format(action=text) if action.needs_approval else text


def _occasion_text(name: str | None, config: OwnerConfig) -> str:
    rule = config.rules.get(name or "")
    if rule is None:
        return ""
    length = {"for": rule.for_, "in": rule.in_}
    word = next((word for word, value in length.items() if value is not None), None)
    if word is None:
        return rule.when
    return words.OCCASIONS[word].format(when=rule.when, length=length[word])
