"""`why`: the explanation as a page of short lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from engine.explain.explain import explain
from engine.explain.find_customer import Person
from engine.explain.model import Asked, Explanation, Gate, Happening, Mail, RuleTold, Step, document
from engine.open.read_only import open_to_read
from engine.time_format import moment_told
from regulars.terminal.output import console, print_json, printable
from shop.db.engine import reading

SHORT = 8


def run(config: Path, customer: str, rule: str | None, *, now: datetime, as_json: bool) -> None:
    """For every rule, or the one that is named."""
    shop = open_to_read(config)
    with reading(shop.engine) as connection:
        found = explain(connection, shop, customer, rule, now=now)
    if as_json:
        print_json(document(found))
    else:
        show_lines(page(found, shop.file.shop.zone))


def show_lines(lines: Iterator[str]) -> None:
    """What stands at the margin is a heading."""
    for line in lines:
        style = None if line.startswith(" ") else "bold"
        console.print(printable(line), style=style, soft_wrap=True, emoji=False)


def page(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    yield from heading(found.customer, zone)
    if found.held:
        yield f"  All mail is held {found.held}"
    if found.changed:
        yield "  Something about them has changed since the last run: the next one looks again."
    for rule in found.rules:
        yield ""
        yield from _rule(rule, zone)


def heading(person: Person, zone: ZoneInfo) -> Iterator[str]:
    known = [part for part in (person.name, person.email, person.phone) if part]
    yield f"{', '.join([*known, f'customer {person.number}'])}"
    for was in person.was:
        yield f"  was customer {was.number} too, until {moment_told(was.at, zone)} (by {was.why})"


def _rule(told: RuleTold, zone: ZoneInfo) -> Iterator[str]:
    yield f"{told.rule}: {f'when {told.when}' if told.when else 'no longer in the file'}"
    if told.began_at and told.when:
        yield f"  looks forward from {moment_told(told.began_at, zone)}"
    if told.held:
        yield f"  its mail is held {told.held}"
    if told.nothing:
        yield f"  not begun: {told.nothing}"
    for one in told.happenings:
        yield from _happening(one, zone)
    if told.left_out:
        yield f"  and {told.left_out} more"


def _happening(one: Happening, zone: ZoneInfo) -> Iterator[str]:
    yield f"  {one.counts} · occasion {one.occasion}"
    yield f"    {one.standing}: {one.told}"
    if one.verdict:
        yield f"    verdict: {one.verdict}"
    yield from _asked(one.asked, "    ")
    for step in one.steps:
        yield from _step(step, zone)


def _asked(asked: Sequence[Asked], margin: str) -> Iterator[str]:
    for one in asked:
        says = "met" if one.met else "not met"
        yield f"{margin}{one.of} {one.asked} · found {_found(one.found)} → {says}"


def _found(found: int | Decimal | str | Sequence[str] | None) -> str:
    if found is None:
        return "nothing"
    if isinstance(found, int | Decimal | str):
        return str(found)
    return ", ".join(found) or "none"


def _step(step: Step, zone: ZoneInfo) -> Iterator[str]:
    word = " until" if step.told == "waits" else ", due"
    until = f"{word} {moment_told(step.until, zone)}" if step.until else ""
    yield f"    step {step.place}, {step.step}: {step.told}{until}"
    yield from _asked(step.asked, "      ")
    if step.task:
        yield f"      {_task(step, zone)}"
    if step.mail:
        yield from mail_lines(step.mail, zone, "      ")


def _task(step: Step, zone: ZoneInfo) -> str:
    task = step.task
    if task is None:
        return ""
    done = f", done {moment_told(task.done_at, zone)}" if task.done_at else ", not done yet"
    due = f", due {moment_told(task.due_at, zone)}" if task.due_at else ""
    return f"written {moment_told(task.created_at, zone)}{due}{done}"


def mail_lines(mail: Mail, zone: ZoneInfo, margin: str) -> Iterator[str]:
    """Where a mail stands, on what it rests, what was told of it, what the gate would say."""
    at = mail.settled_at or mail.created_at
    because = f": {mail.reason}" if mail.reason else ""
    yield f"{margin}mail {mail.id[:SHORT]}, {mail.state} {moment_told(at, zone)}{because}"
    if mail.to:
        through = f", through {mail.through}" if mail.through else ""
        yield f"{margin}to {mail.to}{through}"
    if mail.basis:
        yield f"{margin}basis then: {mail.basis}"
    for event in mail.events:
        who = ", by a machine" if event.by_machine else ""
        detail = f": {event.detail}" if event.detail else ""
        yield f"{margin}{event.kind} {moment_told(event.at, zone)}{who}{detail}"
    if mail.gate:
        yield from _gate(mail.gate, zone, margin)


def _gate(gate: Gate, zone: ZoneInfo, margin: str) -> Iterator[str]:
    until = f", until {moment_told(gate.until, zone)}" if gate.until else ""
    yield f"{margin}now: {gate.verdict}{until}"
    for one in gate.asked:
        yield f"{margin}  {one.asked}: {one.told} → {one.says}"
