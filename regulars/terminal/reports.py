"""Reports that several commands print: reach, a tick's rules, a sync, approvals, a held copy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from regulars.terminal.output import count_noun, print_line, print_note, print_table, printable
from settings.errors import WrongUsageError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from engine.owner.approvals import ApprovalResult
    from engine.tick.counts import Counts
    from shop.consent.reach import Reach

ACTIVATE_COMMAND = "regulars this-is-the-one"


def print_reach(reach: Reach) -> None:
    """Print how many customers there are and how many of them may be mailed."""
    unread = f", {reach.unread:,} with consent that could not be read" if reach.unread else ""
    suppressed = f", {reach.suppressed:,} on the no-mail list" if reach.suppressed else ""
    print_line(
        f"Reach: {reach.known:,} known · {reach.with_email:,} with e-mail · {reach.yes:,} yes · "
        f"{reach.existing_customer:,} existing customer · {reach.never:,} never "
        f"(of them {reach.no:,} no{unread}{suppressed})"
    )


def print_rules(counts: Mapping[str, Counts]) -> None:
    """Print one row for each rule in `counts`: people, mails, not mailed, and the reasons."""
    from engine.tick.counts import sum_counts

    rules = [*counts.items(), ("all", sum_counts(counts.values()))]
    print_table(
        ("rule", "people", "sent", "rehearsed", "not sent", "why not"),
        [(name, *_count_cells(rule_counts)) for name, rule_counts in rules],
        right=("people", "sent", "rehearsed", "not sent"),
        padding=(0, 2, 0, 2),
        bold_last=True,
    )


def _count_cells(counts: Counts) -> list[str]:
    sent_counts = counts.outcomes["sent"], counts.outcomes["rehearsed"]
    not_sent = counts.enrolled - sum(sent_counts)
    figures = [str(figure) for figure in (counts.enrolled, *sent_counts, not_sent)]
    return [*figures, reasons_text(counts)]


def reasons_text(counts: Counts) -> str:
    """Returns the reasons why people were not mailed, the most frequent first, one a line."""
    return "\n".join(f"{count} {reason}" for reason, count in counts.reasons.most_common())


def print_approval_result(approval: ApprovalResult, verb: str, next_step: str) -> None:
    """Print how many mails were approved or declined.

    Raises WrongUsageError with one sentence for each selector that was refused.
    """
    from engine.owner.approval_outlook import summarize_refusals

    if approval.done:
        print_line(f"{count_noun(len(approval.done), 'mail')} {verb}. {next_step}")
    elif not approval.refused and not approval.dropped:
        print_line("Nothing waits for your word.")
    for line in summarize_refusals(approval.dropped):
        print_line(printable(line))
    if approval.refused:
        raise WrongUsageError("\n".join(approval.refused))


def warn_if_copy_held(engine: Engine) -> None:
    """Print a note if mail is held because this database may be a copy of a live shop."""
    from engine.backup.activate_copy import hold_reason

    if reason := hold_reason(engine):
        print_note(copy_held_message(reason))


def warn_if_providers_held(engine: Engine) -> None:
    """Print a note for each mail provider whose mail is held because it refused most of it."""
    from shop.db.engine import read_transaction
    from shop.db.provider_stops import load_provider_stops

    with read_transaction(engine) as connection:
        stops = load_provider_stops(connection)
    for name, (_, because) in stops.items():
        print_note(
            f"Mail to {printable(name)} is held: {printable(because or 'it refused most of it')}. "
            f"If it may go: regulars start --to {printable(name)}"
        )


def copy_held_message(reason: str) -> str:
    """Returns the sentence that says why a copy sends no mail and how to activate it."""
    return f"No mail goes: this is {printable(reason)}. If it is the only one: {ACTIVATE_COMMAND}"
