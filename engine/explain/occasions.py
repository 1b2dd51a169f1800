"""One occasion of a rule for one customer: what counts, what was asked, what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from engine.explain.load_customer import OneCustomer
from engine.explain.model import Asked, Happening, Standing, Step
from engine.explain.not_enrolled import not_begun
from engine.explain.steps import Walked, steps_of
from engine.explain.trigger_wording import Asking, counts
from engine.messages.correction import corrects
from engine.tick.advance import DONE
from engine.time_format import length_told
from shop.consent.existing_customer import ENOUGH_FOR
from shop.tables import Enrolment
from shop.types.purpose import Purpose
from triggers.config import Facts, Rule
from triggers.durations import lateness
from triggers.event_defaults import MANNERS
from triggers.explain_conditions import About, clauses_of
from triggers.list_occasions import Occasion
from triggers.stop import over, reason
from triggers.verdicts import OPEN, Verdict

SPOKEN = {
    Verdict.NOT_MET: "not all that it asks was true",
    Verdict.NO_ADDRESS: "no e-mail address was known",
    Verdict.NO_BASIS: "there was no yes that allows it",
    Verdict.TOO_LATE: "it was too late",
}


def told(one: OneCustomer, name: str, rule: Rule, occasion: Occasion, row: Any | None) -> Happening:
    """`row` is the enrolment, where there is one."""
    asked = _asked(one, rule, occasion, begun=row is not None and row.verdict == Verdict.GO)
    if row is None:
        holds = all(each.met for each in asked)
        standing, why = not_begun(one, name, rule, occasion, holds=holds)
    else:
        standing, why = _begun(one, rule, row)
    asking = Asking(one.connection, one.shop.file, one.person.number)
    return Happening(
        occasion=occasion.key,
        counts=counts(asking, rule, occasion),
        since_at=occasion.since_at,
        due_at=occasion.due_at,
        standing=standing,
        told=why,
        judged_at=row.enrolled_at if row else None,
        verdict=row.verdict if row else None,
        ended=row.ended if row else None,
        asked=asked,
        steps=[*_steps(one, rule, row), *_corrections(one, row)]
        if row and row.verdict == Verdict.GO
        else (),
    )


def _begun(one: OneCustomer, rule: Rule, row: Any) -> tuple[Standing, str]:
    looked = f"looked at on {one.at(row.enrolled_at)}"
    if row.verdict != Verdict.GO:
        again = _again(one, rule, row) if row.verdict in OPEN else ""
        return Standing.NOT_BEGUN, f"{looked}: {SPOKEN[Verdict(row.verdict)]}{again}"
    began = f"began on {one.at(row.enrolled_at)}"
    if row.ended == DONE:
        return Standing.DONE, f"{began}; nothing is left to do"
    if row.ended is not None:
        return Standing.ENDED, f"{began}; ended: {row.ended}"
    return Standing.RUNNING, f"{began}{_passed(one, rule, row)}"


def _again(one: OneCustomer, rule: Rule, row: Any) -> str:
    """Open verdicts are judged again; until it is too late, unless it is a state that lasts."""
    if one.changed:
        return "; something has changed since, and the next run looks again"
    if MANNERS[rule.when].lasting and row.backlog:
        return "; asked again when something about them changes"
    until = row.due_at + lateness(rule)
    if until < one.now:
        return f"; it could have begun until {one.at(until)}"
    return f"; asked again when something about them changes, until {one.at(until)}"


def _passed(one: OneCustomer, rule: Rule, row: Any) -> str:
    """Asked before every step: why the next one would end it."""
    asked = select(reason(rule)).where(
        col(Enrolment.id) == row.id, over(rule, one.shop.file.shop.currency)
    )
    why = one.connection.scalar(asked)
    return f"; its next step ends it: {why}" if why else ""


def _asked(one: OneCustomer, rule: Rule, occasion: Occasion, *, begun: bool) -> list[Asked]:
    """What decides whether it begins; once it has, the gate asks for the rest before each mail."""
    about = About(one.person.number, occasion.cart_id, occasion.answer_id)
    asked = [*_facts(one, rule.if_, about, "if"), *_facts(one, rule.unless, about, "unless")]
    return asked if begun else [*asked, *_reachable(one, rule), *_in_time(one, rule, occasion)]


def _facts(one: OneCustomer, facts: Facts | None, about: About, of: str) -> list[Asked]:
    """Of an `unless` all must be true for it to say no."""
    found = clauses_of(one.connection, facts, about, one.shop.file.shop.currency)
    says_no = of == "unless" and all(clause.met for clause in found)
    return [
        Asked(
            of,
            f"{clause.fact}: {clause.asked}",
            clause.found,
            not says_no if of == "unless" else clause.met,
        )
        for clause in found
    ]


def _reachable(one: OneCustomer, rule: Rule) -> list[Asked]:
    purpose, basis = MANNERS[rule.when].purpose, one.basis
    needs = "anything but a no" if purpose is Purpose.SERVICE else "a yes, or existing customer"
    return [
        Asked("address", "an e-mail address", one.person.email, one.person.email is not None),
        Asked(
            "basis", needs, _with_why(basis.state, basis.why), basis.state in ENOUGH_FOR[purpose]
        ),
    ]


def _with_why(state: str, why: str) -> str:
    return f"{state} ({why})" if why else state


def _in_time(one: OneCustomer, rule: Rule, occasion: Occasion) -> list[Asked]:
    """A state that lasts may come from long before the rule."""
    state = one.states.get(_name(one, rule))
    backlog = state is not None and occasion.due_at < state.since
    if occasion.due_at > one.now or (MANNERS[rule.when].lasting and backlog):
        return []
    until = occasion.due_at + lateness(rule)
    return [Asked("at most late", length_told(lateness(rule)), one.at(until), one.now <= until)]


def _name(one: OneCustomer, rule: Rule) -> str:
    return next(name for name, known in one.shop.file.rules.items() if known is rule)


def _steps(one: OneCustomer, rule: Rule, row: Any) -> list[Step]:
    about = About(one.person.number, row.cart_id, row.answer_id)
    return steps_of(
        Walked(
            rule=rule,
            enrolment=row,
            mails={mail.step: mail for mail in one.mails_of(row.id)},
            tasks={place: task for (of, place), task in one.tasks.items() if of == row.id},
            now=one.now,
            asking=lambda facts: _facts(one, facts, about, "if"),
        )
    )


def _corrections(one: OneCustomer, row: Any) -> list[Step]:
    """What came after a mistake, in no rule's steps."""
    return [
        Step("oops", f"send {mail.template}", Standing.DONE, mail.state, mail=mail)
        for mail in one.mails_of(row.id)
        if corrects(mail.rule)
    ]


def remembered(one: OneCustomer, row: Any) -> Happening:
    """Of a rule that the file no longer holds: what is written down."""
    mails: Sequence[Step] = [
        Step(mail.step, f"send {mail.template}", Standing.DONE, mail.state, mail=mail)
        for mail in one.mails_of(row.id)
        if not corrects(mail.rule)
    ]
    ended = row.ended is not None and row.ended != DONE
    return Happening(
        occasion=row.occasion,
        counts=f"came due on {one.at(row.due_at)}",
        since_at=row.since_at,
        due_at=row.due_at,
        standing=Standing.ENDED if ended else Standing.DONE,
        told=f"looked at on {one.at(row.enrolled_at)}: {row.ended or row.verdict}",
        judged_at=row.enrolled_at,
        verdict=row.verdict,
        ended=row.ended,
        asked=(),
        steps=[*mails, *_corrections(one, row)],
    )
