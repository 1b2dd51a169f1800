"""Renders the explanation of `regulars why` as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from engine.explain.find_customer import CustomerSummary
from engine.explain.model import (
    Condition,
    CustomerExplanation,
    GateVerdict,
    Mail,
    OccasionExplanation,
    RuleExplanation,
    Step,
)
from regulars.terminal.output import print_line, printable
from regulars.terminal.time_format import format_moment

SHORT_ID = 8


def print_explanation(lines: Iterator[str]) -> None:
    """Print `lines`; those that are not indented are headings, in bold."""
    for line in lines:
        print_line(printable(line), style=None if line.startswith(" ") else "bold")


def explanation_lines(explanation: CustomerExplanation, zone: ZoneInfo) -> Iterator[str]:
    """Yields the lines of `explanation`, rule by rule, with times in `zone`."""
    yield from customer_heading(explanation.customer, zone)
    if explanation.held:
        yield f"  All mail is held {explanation.held}"
    if explanation.changed:
        yield "  Something about them has changed since the last run: the next one looks again."
    for rule in explanation.rules:
        yield ""
        yield from _rule_lines(rule, zone)


def customer_heading(person: CustomerSummary, zone: ZoneInfo) -> Iterator[str]:
    """Yields the name, addresses and number of `person`, and the numbers merged into it."""
    contact = [part for part in (person.name, person.email, person.phone) if part]
    yield f"{', '.join([*contact, f'customer {person.number}'])}"
    for merged in person.merged_from:
        until = format_moment(merged.at, zone)
        yield f"  was customer {merged.number} too, until {until} (by {merged.reason})"


def _rule_lines(rule_report: RuleExplanation, zone: ZoneInfo) -> Iterator[str]:
    when = f"when {rule_report.when}" if rule_report.when else "no longer in the file"
    yield f"{rule_report.rule}: {when}"
    if rule_report.began_at and rule_report.when:
        yield f"  looks forward from {format_moment(rule_report.began_at, zone)}"
    if rule_report.held:
        yield f"  its mail is held {rule_report.held}"
    if rule_report.no_occasion:
        yield f"  not begun: {rule_report.no_occasion}"
    for occasion in rule_report.occasions:
        yield from _occasion_lines(occasion, zone)
    if rule_report.left_out:
        yield f"  and {rule_report.left_out} more"


def _occasion_lines(occasion: OccasionExplanation, zone: ZoneInfo) -> Iterator[str]:
    yield f"  {occasion.description} · occasion {occasion.occasion}"
    yield f"    {occasion.status}: {occasion.explanation}"
    if occasion.verdict:
        yield f"    verdict: {occasion.verdict}"
    yield from _clause_lines(occasion.conditions, "    ")
    for step in occasion.steps:
        yield from _step_lines(step, zone)


def _clause_lines(clauses: Sequence[Condition], margin: str) -> Iterator[str]:
    for clause in clauses:
        verdict = "met" if clause.met else "not met"
        fact = _format_fact(clause.actual)
        yield f"{margin}{clause.clause} {clause.condition} · found {fact} → {verdict}"


def _format_fact(fact: int | Decimal | str | Sequence[str] | None) -> str:
    if fact is None:
        return "nothing"
    if isinstance(fact, int | Decimal | str):
        return str(fact)
    return ", ".join(fact) or "none"


def _step_lines(step: Step, zone: ZoneInfo) -> Iterator[str]:
    until_word = " until" if step.explanation == "waits" else ", due"
    until = f"{until_word} {format_moment(step.until, zone)}" if step.until else ""
    yield f"    step {step.place}, {step.step}: {step.explanation}{until}"
    yield from _clause_lines(step.conditions, "      ")
    if step.task:
        yield f"      {_task_line(step, zone)}"
    if step.mail:
        yield from mail_lines(step.mail, zone, "      ")


def _task_line(step: Step, zone: ZoneInfo) -> str:
    task = step.task
    if task is None:
        return ""
    done = f", done {format_moment(task.done_at, zone)}" if task.done_at else ", not done yet"
    due = f", due {format_moment(task.due_at, zone)}" if task.due_at else ""
    return f"written {format_moment(task.created_at, zone)}{due}{done}"


def mail_lines(mail: Mail, zone: ZoneInfo, margin: str) -> Iterator[str]:
    """Yields the state of `mail`, its address and basis, its events, and what the gate says now.

    Each line begins with `margin`; times are in `zone`.
    """
    at = mail.settled_at or mail.created_at
    reason_text = f": {mail.reason}" if mail.reason else ""
    yield f"{margin}mail {mail.id[:SHORT_ID]}, {mail.state} {format_moment(at, zone)}{reason_text}"
    if mail.to:
        through = f", through {mail.through}" if mail.through else ""
        yield f"{margin}to {mail.to}{through}"
    if mail.basis:
        yield f"{margin}basis then: {mail.basis}"
    for event in mail.events:
        machine_note = ", by a machine" if event.by_machine else ""
        detail = f": {event.detail}" if event.detail else ""
        yield f"{margin}{event.kind} {format_moment(event.at, zone)}{machine_note}{detail}"
    if mail.gate:
        yield from _gate_lines(mail.gate, zone, margin)


def _gate_lines(gate: GateVerdict, zone: ZoneInfo, margin: str) -> Iterator[str]:
    until = f", until {format_moment(gate.until, zone)}" if gate.until else ""
    yield f"{margin}now: {gate.verdict}{until}"
    for check in gate.checks:
        yield f"{margin}  {check.check}: {check.explanation} → {check.answer}"
