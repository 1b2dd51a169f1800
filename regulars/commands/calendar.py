"""`regulars calendar`: prints what the coming days bring, as far as today's data show it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, Json, parse_at
from regulars.terminal.output import count_noun, print_json, print_line, print_note, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.calendar.model import Calendar, CalendarDay, Entry
    from engine.config.owner_config import OwnerConfig


def command(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, max=31, help="How many, from today on.")] = 7,
    as_json: Json = False,
    at: At = None,
) -> None:
    """Show what the next seven days will bring. Changes nothing.

    Example: regulars calendar --days 14
    """
    run(context.obj, days=days, now=parse_at(at), as_json=as_json)


def run(config: Path, *, days: int, now: datetime, as_json: bool) -> None:
    """Print the calendar of `days` from the day of `now` on."""
    from engine.calendar.calendar import load_calendar
    from engine.calendar.document import to_document
    from engine.open.read_only import open_read_only
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        calendar = load_calendar(connection, shop, now=now, days=days)
    if as_json:
        print_json(to_document(calendar, shop.config))
    else:
        print_calendar(calendar, shop.config)


def print_calendar(calendar: Calendar, config: OwnerConfig) -> None:
    """Print a paragraph a day: what is certain, and what comes if nothing changes."""
    from templates.owner import calendar as words

    if calendar.all_stopped:
        print_note(words.ALL_STOPPED)
    for day in calendar.days:
        print_line(_heading(day))
        _print_entries(words.CERTAIN, day.certain, config)
        _print_entries(words.LIKELY, day.likely, config)
        if not day.entries:
            print_line(f"  {words.NOTHING}")
        print_line()
    print_note(words.LIKELY_MEANS)


def _heading(day: CalendarDay) -> str:
    from templates.language import ENGLISH

    mails = f", at most {count_noun(day.mails, 'mail')}" if day.mails else ""
    return f"[bold]{ENGLISH.weekday_and_day(day.day)}[/]{mails}"


def _print_entries(title: str, entries: Sequence[Entry], config: OwnerConfig) -> None:
    from engine.calendar.wording import describe

    if not entries:
        return
    print_line(f"  {title}")
    for entry in entries:
        line = describe(entry, config)
        label = f"{line.rule}: " if line.rule else ""
        print_line(f"    {printable(label + line.text)}")
