"""The events by name: every module in `triggers/events/` that defines `EVENT`, found by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

import triggers.events as package
from triggers.event import Event
from triggers.rule_schedule import RuleTiming

if TYPE_CHECKING:
    from triggers.trigger import Trigger

_registered: dict[str, Event] = {}


def events() -> Mapping[str, Event]:
    """Every event by its name, in the order of the module names."""
    if not _registered:
        # In one step: a thread, or a retry after a failed import, never sees a part of them.
        _registered.update(dict(_discover()))
    return _registered


def event_of(rule: RuleTiming) -> Event:
    """The event of `rule`; its name was checked when config.yaml was read."""
    return events()[rule.when]


def trigger_of(rule: RuleTiming) -> Trigger:
    """The queries of the event of `rule`, built once for each event."""
    return _trigger(event_of(rule))


@contextmanager
def registered(event: Event) -> Iterator[None]:
    """Adds `event` for the length of a `with` block: one that is no file of `triggers/events/`.

    Raises `ValueError` where there is an event of that name already.
    """
    if event.name in events():
        raise ValueError(f"There is an event {event.name} already.")
    _registered[event.name] = event
    try:
        yield
    finally:
        del _registered[event.name]


def _discover() -> Iterator[tuple[str, Event]]:
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        event: Event = import_module(module.name).EVENT
        yield event.name, event


@cache
def _trigger(event: Event) -> Trigger:
    return event.trigger()
