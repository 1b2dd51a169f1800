"""`regulars oops`: holds a rule after a wrong mail and drafts a correction to each recipient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from regulars.terminal.options import TIME_FORMAT_HELP, At, Json, parse_at, parse_time
from regulars.terminal.output import count_noun, print_json, print_line, print_table, printable
from settings.errors import WrongUsageError
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.owner.corrections import AffectedCustomer, CorrectionResult

DEFAULT_PERIOD = timedelta(days=7)
MAX_ROWS = 50  # --json has them all


def command(
    context: typer.Context,
    rule: Annotated[str, typer.Argument(help="A rule, in the file or no longer.")],
    since: Annotated[
        str | None,
        typer.Option(metavar="LENGTH|TIME", help="From when on; without it, the last 7 days."),
    ] = None,
    saying: Annotated[
        str, typer.Option(metavar="TEXT", help="A sentence of yours in each correction.")
    ] = "",
    as_json: Json = False,
    at: At = None,
) -> None:
    """After a wrong mail: hold its rule, list who got it, and draft a correction to each.

    The corrections wait for your word.

    Example: regulars oops we-miss-you --saying "The free cake was meant for May."
    """
    run(context.obj, rule, since=since, saying=saying, now=parse_at(at), as_json=as_json)


def run(
    config: Path, rule: str, *, since: str | None, saying: str, now: datetime, as_json: bool
) -> None:
    """Pause `rule` and draft corrections of its mails since `since`; nothing is sent.

    Raises WrongUsageError if `since` is neither a length of time nor a time with its zone.
    """
    from engine.open.open_shop import open_shop
    from engine.owner.corrections import correct_mails

    since_time = _parse_since(since, now)
    shop = open_shop(config)
    correction = correct_mails(shop, rule, since=since_time, saying=saying, now=now)
    if as_json:
        print_json(_document(correction))
    else:
        _print_correction(correction, shop.config.shop.zone)


def _parse_since(text: str | None, now: datetime) -> datetime:
    from settings.values import Length

    if text is None:
        return now - DEFAULT_PERIOD
    try:
        return now - Length.parse(text).elapsed
    except ValueError:
        since = parse_time(text)
    if since is None:
        raise WrongUsageError(
            f"--since {text}: write a length of time, like 3 days, or {TIME_FORMAT_HELP}."
        )
    return since


def _document(correction: CorrectionResult) -> dict[str, Any]:
    people = [asdict(person) | {"at": person.at.isoformat()} for person in correction.people]
    return asdict(correction) | {"since": correction.since.isoformat(), "people": people}


def _print_correction(correction: CorrectionResult, zone: ZoneInfo) -> None:
    _print_hold(correction)
    since = ENGLISH.short_date_and_time(correction.since.astimezone(zone))
    if not correction.people:
        print_line(f"Nobody got a mail of it since {since}.")
        return
    print_line()
    rows = [_cells(person, zone) for person in correction.people[:MAX_ROWS]]
    print_table(("customer", "mail", "went", "", "correction"), rows)
    if len(correction.people) > MAX_ROWS:
        print_line(f"and {len(correction.people) - MAX_ROWS:,} more: --json has them all")
    print_line(f"\n{_recipient_count(correction.people, since)}")
    _print_next_steps(correction)


def _print_hold(correction: CorrectionResult) -> None:
    rule = printable(correction.rule)
    already = "" if correction.newly_paused else " already"
    print_line(f"The mail of {rule} is held{already}. regulars start {rule} lets it go.")
    if correction.held:
        mails, verb = count_noun(correction.held, "mail"), _wait_verb(correction.held)
        cancel = f"To end what it began: regulars cancel {rule}"
        print_line(f"{mails} of it had not gone and {verb} with it. {cancel}")


def _cells(person: AffectedCustomer, zone: ZoneInfo) -> list[str]:
    repeated = f" (the last of {person.mails})" if person.mails > 1 else ""
    return [
        printable(person.name or person.address or str(person.customer)),
        f"{person.template}{repeated}",
        ENGLISH.short_date_and_time(person.at.astimezone(zone)),
        person.state,
        person.correction or "",
    ]


def _recipient_count(people: Sequence[AffectedCustomer], since: str) -> str:
    unsure = sum(person.state in ("in doubt", "sending") for person in people)
    doubt_note = f", {unsure} of them perhaps" if unsure else ""
    return f"{count_noun(len(people), 'customer')} got it since {since}{doubt_note}."


def _print_next_steps(correction: CorrectionResult) -> None:
    for mistake in correction.mend:
        print_line(f"The correction cannot be written: {printable(mistake)}")
    if correction.reworded:
        print_line(
            f"{count_noun(correction.reworded, 'correction')} drafted before now say so too."
        )
    if not correction.drafted:
        print_line("Nobody is drafted a second correction.")
    waiting = sum(person.correction == "awaiting approval" for person in correction.people)
    if waiting:
        corrections = f"{count_noun(waiting, 'correction')} {_wait_verb(waiting)}"
        print_line(f"{corrections} for your word. Look at it: regulars preview correction")
        print_line(f"Let them go: regulars approve {printable(correction.corrections)}")


def _wait_verb(count: int) -> str:
    return "waits" if count == 1 else "wait"
