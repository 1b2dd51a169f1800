"""Prints a page of a list of people."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from engine.people.listed_person import ListedPerson
from engine.people.people_list import PeoplePage, PeopleRequest, describe_total
from regulars.terminal.output import print_line, print_table, printable
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
