"""`oops`: after a wrong mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.table import Table

from engine.message_states import State
from engine.open.open_shop import open_shop
from engine.owner.corrections import AffectedCustomer, CorrectionResult, correct_mails
from regulars.terminal.options import TIME_FORMAT_HELP, parse_time
from regulars.terminal.output import console, count_noun, print_json, printable
from settings.errors import WrongUsageError
from settings.values import Length

DEFAULT_PERIOD = timedelta(days=7)
MAX_ROWS = 50  # --json has them all


def run(
    config: Path, rule: str, *, since: str | None, saying: str, now: datetime, as_json: bool
) -> None:
    """Hold, show, draft; what was drafted goes nowhere before it is approved."""
    since_time = _parse_since(since, now)
    shop = open_shop(config)
    report = correct_mails(shop, rule, since=since_time, saying=saying, now=now)
    if as_json:
        print_json(_document(report))
    else:
        _show(report, shop.config.shop.zone)


def _parse_since(text: str | None, now: datetime) -> datetime:
    """So long ago, or a moment."""
    if text is None:
        return now - DEFAULT_PERIOD
    try:
        return now - Length.parse(text).elapsed
    except ValueError:
        pass
    since_time = parse_time(text)
    if since_time is None:
        raise WrongUsageError(
            f"--since {text}: write a length of time, like 3 days, or {TIME_FORMAT_HELP}."
        )
    return since_time


def _document(report: CorrectionResult) -> dict[str, Any]:
    people = [asdict(person) | {"at": person.at.isoformat()} for person in report.people]
    return asdict(report) | {"since": report.since.isoformat(), "people": people}


def _show(report: CorrectionResult, zone: ZoneInfo) -> None:
    already_note = "" if report.newly_paused else " already"
    console.print(
        f"The mail of {printable(report.rule)} is held{already_note}. "
        f"regulars start {printable(report.rule)} lets it go.",
        soft_wrap=True,
    )
    if report.held:
        waiting_text = f"{count_noun(report.held, 'mail')} of it had not gone and {_wait_verb(report.held)} with it"
        cancel = f"regulars cancel {printable(report.rule)}"
        console.print(f"{waiting_text}. To end what it began: {cancel}", soft_wrap=True)
    since = f"{report.since.astimezone(zone):%d %b %H:%M}"
    if not report.people:
        console.print(f"Nobody got a mail of it since {since}.")
        return
    console.print()
    console.print(_table(report.people[:MAX_ROWS], zone))
    if len(report.people) > MAX_ROWS:
        console.print(f"and {len(report.people) - MAX_ROWS:,} more: --json has them all")
    console.print(f"\n{_count_line(report.people, since)}", soft_wrap=True)
    _print_next_steps(report)


def _table(people: Sequence[AffectedCustomer], zone: ZoneInfo) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("customer", "mail", "went", "", "correction"):
        table.add_column(name, overflow="fold")
    for person in people:
        repeat_note = f" (the last of {person.mails})" if person.mails > 1 else ""
        table.add_row(
            printable(person.name or person.address or str(person.customer)),
            f"{person.template}{repeat_note}",
            f"{person.at.astimezone(zone):%d %b %H:%M}",
            person.state,
            person.correction or "",
        )
    return table


def _count_line(people: Sequence[AffectedCustomer], since: str) -> str:
    in_doubt = sum(person.state in (State.IN_DOUBT, State.SENDING) for person in people)
    doubt_note = f", {in_doubt} of them perhaps" if in_doubt else ""
    return f"{count_noun(len(people), 'customer')} got it since {since}{doubt_note}."


def _print_next_steps(report: CorrectionResult) -> None:
    """What is left to the owner."""
    for mistake in report.mend:
        console.print(f"The correction cannot be written: {printable(mistake)}", soft_wrap=True)
    if report.reworded:
        console.print(f"{count_noun(report.reworded, 'correction')} drafted before now say so too.")
    waiting_count = sum(person.correction == State.AWAITING_APPROVAL for person in report.people)
    if not report.drafted:
        console.print("Nobody is drafted a second correction.")
    if waiting_count:
        waiting_text = (
            f"{count_noun(waiting_count, 'correction')} {_wait_verb(waiting_count)} for your word"
        )
        console.print(f"{waiting_text}. Look at it: regulars preview correction")
        approve = f"regulars approve {printable(report.corrections)}"
        console.print(f"Let them go: {approve}", soft_wrap=True)


def _wait_verb(count: int) -> str:
    return "waits" if count == 1 else "wait"
