"""`regulars customers`: lists customers, and prints everything that is stored about one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regulars.terminal.options import At, Customer, Json, parse_at
from regulars.terminal.output import print_json

if TYPE_CHECKING:
    from engine.people.people_list import PeopleRequest

app = typer.Typer(no_args_is_help=True, help="The people who buy.")

Search = Annotated[
    str, typer.Option(metavar="TEXT", help="Words of a name, an address or a number begin so.")
]
Sort = Annotated[str, typer.Option(metavar="ORDER", help="last visit, spent, overdue or name.")]
List = Annotated[
    str,
    typer.Option("--list", metavar="LIST", help='Which people, such as "reach state=yes".'),
]
Before = Annotated[str, typer.Option(metavar="PLACE", help="Where the part before ended.")]
After = Annotated[str, typer.Option(metavar="PLACE", help="Where the page before ended.")]


@app.command("list")
def list_command(  # noqa: PLR0913, PLR0917 - one parameter per option
    context: typer.Context,
    search: Search = "",
    sort: Sort = "last visit",
    of: List = "all",
    after: After = "",
    as_json: Json = False,
    at: At = None,
) -> None:
    """List customers, fifty at a time: all, or those behind a number of the pages.

    Example: regulars customers list --search clara --sort spent
    """
    request = _request(search, sort, of, after)
    run_list(context.obj, request, now=parse_at(at), as_json=as_json)


def _request(search: str, sort: str, people: str, after: str) -> PeopleRequest:
    from engine.people.list_kinds import parse_choice
    from engine.people.people_list import PeopleRequest, parse_sort

    return PeopleRequest(parse_choice(people), search, parse_sort(sort), after)


def run_list(config: Path, request: PeopleRequest, *, now: datetime, as_json: bool) -> None:
    """Print the page of `request`."""
    from engine.open.read_only import open_read_only
    from engine.people.people_list import load_people, page_document
    from regulars.terminal.people import print_people
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        page = load_people(connection, shop.config, request, now=now)
    if as_json:
        print_json(page_document(page, request))
    else:
        print_people(page, request, shop.config.shop.zone)


@app.command("timeline")
def timeline_command(
    context: typer.Context,
    customer: Customer,
    before: Before = "",
    as_json: Json = False,
    at: At = None,
) -> None:
    """Tell what happened with one customer, the newest first, forty things at a time.

    Example: regulars customers timeline clara@example.com
    """
    run_timeline(context.obj, customer, before, now=parse_at(at), as_json=as_json)


def run_timeline(config: Path, customer: str, before: str, *, now: datetime, as_json: bool) -> None:
    """Print the timeline of `customer`; raises WrongUsageError if there is none."""
    from engine.explain.find_customer import find_customer
    from engine.explain.profile import load_purchases
    from engine.open.read_only import open_read_only
    from engine.people.rhythm import describe_rhythm, load_gaps
    from engine.people.timeline import load_timeline
    from regulars.terminal.people import print_timeline, timeline_document
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    place = shop.config.shop
    with read_transaction(shop.engine) as connection:
        number = find_customer(connection, customer, place.country).number
        bought = load_purchases(connection, number, place.currency)
        gaps = load_gaps(connection, number, place.zone)
        timeline = load_timeline(connection, number, before=before)
    rhythm = describe_rhythm(bought, now=now, zone=place.zone)
    if as_json:
        print_json(timeline_document(rhythm, gaps, timeline))
    else:
        print_timeline(rhythm, timeline, place.zone)


@app.command("show")
def show_command(
    context: typer.Context, customer: Customer, as_json: Json = False, at: At = None
) -> None:
    """Show all that is known of one customer. Changes nothing.

    Example: regulars customers show clara@example.com
    """
    run(context.obj, customer, now=parse_at(at), as_json=as_json)


def run(config: Path, customer: str, *, now: datetime, as_json: bool) -> None:
    """Print the profile of `customer`; raises WrongUsageError if there is none."""
    from engine.explain.model import to_document
    from engine.explain.profile import load_profile
    from engine.open.read_only import open_read_only
    from regulars.terminal.explanation import print_explanation
    from regulars.terminal.profile import profile_lines
    from shop.db.engine import read_transaction

    shop = open_read_only(config)
    with read_transaction(shop.engine) as connection:
        profile = load_profile(connection, shop.config, customer, now=now)
    if as_json:
        print_json(to_document(profile))
    else:
        print_explanation(profile_lines(profile, shop.config))
