"""Prints the figures of Today."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING

from regulars.terminal.output import count_noun, print_line, print_table, printable
from templates.language import ENGLISH

if TYPE_CHECKING:
    from engine.owner.today.model import Promises, Today


def print_today(today: Today, zone: tzinfo) -> None:
    """Print `today`: the four numbers, then what there is to do; times in `zone`."""
    print_line(f"[bold]{ENGLISH.weekday_and_day(today.day)}[/]{_status(today, zone)}\n")
    _print_numbers(today, zone)
    _print_tasks(today)
    _print_overdue(today)
    _print_rules(today)
    _print_sources(today, zone)


def _status(today: Today, zone: tzinfo) -> str:
    rehearsing = " · rehearsing: nothing reaches customers" if today.rehearses else ""
    if today.as_of is None:
        return f"{rehearsing} · visits are counted with the first run"
    return f"{rehearsing} · as of {ENGLISH.short_date_and_time(today.as_of.astimezone(zone))}"


def _print_numbers(today: Today, zone: tzinfo) -> None:
    from engine.owner.today import sentences
    from templates.owner import today as texts

    rows = [
        (texts.VISITS, ENGLISH.integer(today.visits.so_far), sentences.visits_beside(today.visits)),
        (
            texts.RETURNING,
            sentences.returning_value(today.returning),
            sentences.returning_beside(today.returning, today.data_begin),
        ),
        (texts.MAILS, ENGLISH.integer(today.mails.written), sentences.mails_beside(today.mails)),
        (
            texts.REACH,
            sentences.reach_value(today.reach),
            sentences.reach_beside(today.reach, today.day, zone),
        ),
    ]
    print_table(("", "", ""), rows)


def _print_tasks(today: Today) -> None:
    print_line("\n[bold]For you today[/]")
    for task in today.tasks:
        late = ", late" if task.until and task.until < today.now else ""
        print_line(f"  {task.id} {printable(task.words)} ({printable(task.customer)}{late})")
    if today.mails.held:
        print_line(f"  {count_noun(today.mails.held, 'mail')} for your word: regulars waiting")
    for line in _promise_lines(today.promises):
        print_line(f"  {printable(line)}")
    if not today.tasks and not today.mails.held:
        print_line("  Nothing to do.")


def _promise_lines(promises: Promises) -> list[str]:
    lines = [f"promised this week: {count.treat}, {count.mails} times" for count in promises.treats]
    if promises.points is not None:
        lines.append(f"{ENGLISH.integer(promises.points)} points are not spent")
    return lines


def _print_overdue(today: Today) -> None:
    if not today.overdue:
        return
    print_line(f"\n[bold]Say hello, no e-mail needed[/] ({today.overdue_total:,} are overdue)")
    print_table(
        ("who", "visits", "days away", "usually"),
        [
            (
                printable(customer.name),
                str(customer.visits),
                str(customer.days_away),
                str(customer.usual_days),
            )
            for customer in today.overdue
        ],
        right=("visits", "days away", "usually"),
    )


def _print_rules(today: Today) -> None:
    if today.rules:
        print_line("\n[bold]Rules[/]")
        rows = [
            (rule.name, str(rule.state), str(rule.written), str(rule.held)) for rule in today.rules
        ]
        print_table(("rule", "", "this week", "waits"), rows, right=("this week", "waits"))


def _print_sources(today: Today, zone: tzinfo) -> None:
    if today.sources:
        print_line("\n[bold]Sources[/]")
        rows = [
            (
                source.name,
                source.platform,
                str(source.state),
                ENGLISH.short_date_and_time(source.read_at.astimezone(zone))
                if source.read_at
                else "",
            )
            for source in today.sources
        ]
        print_table(("source", "from", "", "last read"), rows)
