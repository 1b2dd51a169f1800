"""Prints a page of a list of people, and the timeline of a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from engine.explain.model import to_document
from engine.people.listed_person import ListedPerson
from engine.people.people_list import PeoplePage, PeopleRequest, describe_total
from engine.people.rhythm import Gap
from engine.people.timeline import Timeline
from regulars.terminal.output import print_line, print_table, printable
from regulars.terminal.time_format import format_moment
from templates.language import ENGLISH

HEADERS = ("number", "name", "address", "visits", "spent", "last visit", "mail")


def print_people(page: PeoplePage, request: PeopleRequest, zone: ZoneInfo) -> None:
    """Print the people of `page`, days in `zone`, and how the list goes on."""
    print_line(f"{request.choice.title}: {describe_total(page)}, by {request.sort}")
    if page.people:
        rows = [_cells(person, zone) for person in page.people]
        print_table(HEADERS, rows, right=("number", "visits", "spent"))
    if page.next_after:
        print_line(f"\nThe next ones: --after {page.next_after}")
    elif page.leaves_out:
        print_line("\nPeople without a place in this order are not listed: --sort name has all.")


def _cells(person: ListedPerson, zone: ZoneInfo) -> list[str]:
    last_visit = person.last_visit_at
    day = ENGLISH.short_date(last_visit.astimezone(zone)) if last_visit else ""
    return [
        str(person.number),
        printable(person.name or ""),
        printable(person.email or person.phone or ""),
        str(person.visits),
        f"{person.spent:,f} {person.currency}",
        f"{day} (overdue)" if person.is_overdue else day,
        person.consent,
    ]


def timeline_document(rhythm: str, gaps: Sequence[Gap], timeline: Timeline) -> dict[str, Any]:
    """Returns the timeline as JSON-serializable data."""
    return {
        "rhythm": rhythm,
        "gaps": [{"until": gap.until.isoformat(), "days": gap.days} for gap in gaps],
        "entries": [to_document(entry) for entry in timeline.entries],
        "older": timeline.older or None,
    }


def print_timeline(rhythm: str, timeline: Timeline, zone: ZoneInfo) -> None:
    """Print the entries of `timeline`, times in `zone`, and how it goes on."""
    print_line(printable(rhythm))
    for entry in timeline.entries:
        amount = f" {entry.amount:,f} {entry.currency}" if entry.amount is not None else ""
        detail = f": {entry.detail}" if entry.detail else ""
        line = f"{entry.title}{amount}{detail}"
        print_line(f"{format_moment(entry.at, zone)}  {printable(line)}")
    if timeline.older:
        print_line(f"\nWhat was before: --before {timeline.older}")
