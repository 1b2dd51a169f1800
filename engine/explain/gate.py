"""What the gate would decide now about the waiting mails of one customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from engine.delivery.cap import caps_of
from engine.delivery.gate_batch import BatchDecision, decide_batch
from engine.delivery.load_messages import LoadedMessage, load_messages
from engine.delivery.routing import sender_name_for
from engine.explain.model import GateCheck, GateVerdict, Mail
from engine.message_states import State
from engine.messages.correction import is_correction_rule
from engine.open.open_shop import OpenShop
from mail.gate.gate import (
    Deferred,
    GateInput,
    Go,
    Limits,
    OutdatedData,
    Skipped,
    evaluate_gate,
)
from mail.gate.reasons import Reason
from shop.db.provider_stops import load_provider_stops
from shop.types.purpose import Pace, Purpose
from templates.language import ENGLISH, owner_sentences

WAITING_STATES = frozenset({State.QUEUED, State.DEFERRED, State.AWAITING_APPROVAL})
Stops = Mapping[str | None, tuple[datetime, str | None]]
YES, NOT_YET, NO = "yes", "not yet", "no"
SHORT_ID = 8  # characters of an id that are shown
FAR_FUTURE = datetime(9000, 1, 1, tzinfo=UTC)


def add_gate_verdicts(
    connection: Connection,
    shop: OpenShop,
    mails: Sequence[Mail],
    stops: Stops,
    *,
    now: datetime,
) -> list[Mail]:
    """Return `mails` with a verdict for each that waits, computed by the gate itself without
    writing.
    """
    waiting_mails = sorted(
        (mail for mail in mails if mail.state in WAITING_STATES),
        key=lambda mail: _delivery_order(shop, mail),
    )
    ids = [mail.id for mail in waiting_mails]
    loaded = {mail.id: mail for mail in _load_waiting(connection, shop, ids, now)}
    stopped = load_provider_stops(connection)
    decisions = decide_batch(shop, list(loaded.values()), now=now, stopped_providers=stopped)
    gates = {
        mail.id: _gate_verdict(shop, mail, loaded[mail.id], decisions, stops, now)
        for mail in waiting_mails
        if mail.id in loaded
    }
    return [replace(mail, gate=gates.get(mail.id)) for mail in mails]


def _load_waiting(
    connection: Connection, shop: OpenShop, ids: Sequence[str], now: datetime
) -> list[LoadedMessage]:
    caps = caps_of(shop)
    return load_messages(connection, shop, ids, now=now, caps=caps) if ids else []


def _delivery_order(shop: OpenShop, mail: Mail) -> tuple[int, datetime, str]:
    """Rules higher in the file go first, as in a delivery."""
    rules = list(shop.config.rules)
    position = rules.index(mail.rule) if mail.rule in rules else len(rules)
    return position, mail.created_at, mail.id


def _gate_verdict(
    shop: OpenShop,
    mail: Mail,
    loaded: LoadedMessage,
    decisions: BatchDecision,
    stops: Stops,
    now: datetime,
) -> GateVerdict:
    owner_checks = [
        *_check_stops(shop, mail, stops),
        *_check_approval(shop, mail, now),
        *_check_retry(shop, mail),
    ]
    checks = [
        *owner_checks,
        *_check_permissions(shop, loaded, now),
        *_check_delays(shop, loaded, now),
    ]
    refused = next((check for check in decisions.refused if check.message_id == mail.id), None)
    if refused:
        return GateVerdict(refused.reason or str(refused.state), None, checks)
    if blocking := [check for check in owner_checks if check.answer != YES]:
        first = next((check for check in blocking if check.answer == NO), blocking[0])
        return GateVerdict(first.explanation, first.until, checks)
    return _planned_verdict(shop, mail, decisions, checks, now)


def _planned_verdict(
    shop: OpenShop, mail: Mail, decisions: BatchDecision, checks: Sequence[GateCheck], now: datetime
) -> GateVerdict:
    """Before it is due, a mail is not evaluated."""
    sentences = _sentences(shop)
    deferral = next(
        (deferral for message, deferral in decisions.deferred if message == mail.id), None
    )
    if deferral:
        put_off = sentences.PUT_OFF_BECAUSE.format(reason=deferral.reason)
        return GateVerdict(put_off, max(deferral.until, mail.due_at), checks)
    if mail.due_at > now:
        return GateVerdict(sentences.PUT_OFF, mail.due_at, checks)
    routes = {
        sender_name_for(shop, routed) for routed in decisions.mails if routed.message_id == mail.id
    }
    rehearsed = not shop.sender.reaches_people or shop.rehearsal.name in routes
    return GateVerdict(sentences.IS_REHEARSED if rehearsed else sentences.GOES, None, checks)


def _sentences(shop: OpenShop) -> Any:
    return owner_sentences("explain")


def _format_time(shop: OpenShop, moment: datetime) -> str:
    return ENGLISH.date_and_time(moment.astimezone(shop.config.shop.zone))


def format_hold(shop: OpenShop, since: datetime, because: str | None) -> str:
    """Returns since when mail is held, and `because` of what where the owner gave a reason."""
    sentences = _sentences(shop)
    template = sentences.HELD_SINCE_BECAUSE if because else sentences.HELD_SINCE
    text: str = template.format(moment=_format_time(shop, since), because=because)
    return text


def _check_stops(shop: OpenShop, mail: Mail, stops: Stops) -> Iterator[GateCheck]:
    sentences = _sentences(shop)
    active_stops = [(rule, *stops[rule]) for rule in (None, mail.rule) if rule in stops]
    for rule, since, because in active_stops:
        template = sentences.ALL_MAIL_HELD if rule is None else sentences.RULE_HELD
        explanation = template.format(rule=rule, since=format_hold(shop, since, because))
        yield GateCheck("stop switch", NOT_YET, None, explanation)
    if not active_stops:
        yield GateCheck("stop switch", YES, None, sentences.NOTHING_HELD)


def _check_approval(shop: OpenShop, mail: Mail, now: datetime) -> Iterator[GateCheck]:
    if mail.state != State.AWAITING_APPROVAL:
        return
    sentences = _sentences(shop)
    setting = "approve first" if mail.approve_first else "ask me above"
    if is_correction_rule(mail.rule):
        setting = "oops"
    if mail.approve_until:
        setting = sentences.APPROVE_UNTIL.format(moment=_format_time(shop, mail.approve_until))
        if mail.approve_until < now:
            text = sentences.NOT_APPROVED.format(reason=Reason.NOT_APPROVED, setting=setting)
            yield GateCheck("your word", NO, None, text)
            return
    explanation = sentences.WAITS_FOR_APPROVAL.format(setting=setting, id=mail.id[:SHORT_ID])
    yield GateCheck("your word", NOT_YET, None, explanation)


def _check_retry(shop: OpenShop, mail: Mail) -> Iterator[GateCheck]:
    """Retry times are on the machine's clock, not on `now`."""
    if mail.retry_at is not None and mail.retry_at > datetime.now(UTC):
        explanation = _sentences(shop).RETRIED_AT.format(
            moment=_format_time(shop, mail.retry_at), reason=mail.reason
        )
        yield GateCheck("mail service", NOT_YET, mail.retry_at, explanation)


def _check_permissions(shop: OpenShop, loaded: LoadedMessage, now: datetime) -> Iterator[GateCheck]:
    case, sentences = loaded.case, _sentences(shop)
    yield _check_result("occasion", case.stop_reason, sentences.STILL_APPLIES)
    no_address = None if case.has_address else sentences.NO_ADDRESS
    yield _check_result("address", no_address, loaded.email or "")
    yield _check_result("suppression", case.suppression, sentences.NOT_SUPPRESSED)
    yield _check_basis(shop, loaded)
    yield from _check_age(shop, case)
    deadline = _format_time(shop, case.deadline)
    too_late = sentences.COULD_GO_UNTIL.format(moment=deadline) if now > case.deadline else None
    in_time = sentences.MAY_GO_UNTIL.format(moment=deadline)
    yield _check_result("at most late", too_late, in_time)


def _check_result(name: str, objection: str | None, explanation: str) -> GateCheck:
    return GateCheck(name, NO if objection else YES, None, objection or explanation)


def _check_basis(shop: OpenShop, loaded: LoadedMessage) -> GateCheck:
    """Whether the basis alone would allow it, with every other obstacle removed."""
    basis_only = replace(_without_obstacles(loaded.case), basis=loaded.case.basis)
    decision = evaluate_gate(basis_only, Limits(), now=loaded.case.due_at)
    enough = not isinstance(decision, Skipped)
    explanation = f"{loaded.case.basis}: {loaded.evidence}"
    if loaded.evidence == loaded.case.basis:
        explanation = loaded.case.basis
    text = _sentences(shop).BASIS.format(basis=explanation, purpose=basis_only.purpose)
    return GateCheck("basis", YES if enough else NO, None, text)


def _check_age(shop: OpenShop, case: GateInput) -> Iterator[GateCheck]:
    """Only for a person who is too young: nobody else's age is of interest."""
    of_age = replace(_without_obstacles(case), age=case.age)
    if isinstance(evaluate_gate(of_age, Limits(), now=case.due_at), Skipped):
        text = _sentences(shop).TOO_YOUNG.format(age=case.age, youngest=case.youngest_age)
        yield GateCheck("age", NO, None, text)


def _without_obstacles(case: GateInput) -> GateInput:
    """The case with everything allowed except the hour."""
    return replace(
        case,
        stop_reason=None,
        has_address=True,
        suppression=None,
        basis="yes",
        deadline=FAR_FUTURE,
        age=None,
        cart_touched_at=None,
        outdated=None,
    )


def _check_delays(shop: OpenShop, loaded: LoadedMessage, now: datetime) -> Iterator[GateCheck]:
    """Each limit separately; the gate applies the latest of them."""
    case = loaded.case
    unobstructed = _without_obstacles(case)
    if case.cart_touched_at is not None:
        cart_case = replace(unobstructed, cart_touched_at=case.cart_touched_at)
        touched = _sentences(shop).CART_TOUCHED.format(
            moment=_format_time(shop, case.cart_touched_at)
        )
        decision = evaluate_gate(cart_case, Limits(), now=now)
        yield _delay_check(shop, "still shopping", decision, touched)
    if case.outdated:
        decision = evaluate_gate(replace(unobstructed, outdated=case.outdated), Limits(), now=now)
        yield _delay_check(shop, "data", decision, _describe_outdated(shop, case.outdated))
    for name, limits, explanation in _configured_limits(shop, case):
        if explanation:
            decision = evaluate_gate(unobstructed, limits, now=now)
            yield _delay_check(shop, name, decision, explanation)
    yield from _check_cap(shop, loaded, now)


def _describe_outdated(shop: OpenShop, outdated: OutdatedData) -> str:
    sentences = _sentences(shop)
    if outdated.read_at is None:
        return str(sentences.NEVER_READ.format(source=outdated.source))
    moment = _format_time(shop, outdated.read_at)
    return str(sentences.LAST_READ.format(source=outdated.source, moment=moment))


def _configured_limits(shop: OpenShop, case: GateInput) -> Iterator[tuple[str, Limits, str]]:
    """The limits in config.yaml that apply to this mail, with their text."""
    sending, own = shop.config.sending, shop.config.shop
    if case.pace is Pace.OPEN_DAYS:
        closed = Limits(closed=own.closed, shop_zone=own.zone)
        yield "closed", closed, ", ".join(map(str, own.closed))
    if case.pace is not Pace.AT_ONCE and sending.usual_time:
        usual_time = ENGLISH.time(sending.usual_time)
        yield "usual time", Limits(usual_time=sending.usual_time), usual_time
    if sending.quiet_hours:
        quiet = Limits(quiet_hours=sending.quiet_hours)
        yield "quiet hours", quiet, f"{sending.quiet_hours} ({case.zone})"


def _delay_check(shop: OpenShop, name: str, decision: object, explanation: str) -> GateCheck:
    if isinstance(decision, Deferred):
        until = _format_time(shop, decision.until)
        text = _sentences(shop).NOT_BEFORE.format(reason=explanation, moment=until)
        return GateCheck(name, NOT_YET, decision.until, text)
    return GateCheck(name, YES, None, explanation)


def _check_cap(shop: OpenShop, loaded: LoadedMessage, now: datetime) -> Iterator[GateCheck]:
    """The cap, with the mails that count towards it; nothing for mails it does not hold back."""
    cap = caps_of(shop)[loaded.case.purpose]
    if not cap.holds_back(loaded.case.purpose, is_correction=loaded.is_correction):
        return
    sent_at = cap.within_window(loaded.counted, now)
    times = "; ".join(_format_time(shop, moment) for moment in sent_at)
    template = _sentences(shop).CAP_COUNTED if times else _sentences(shop).CAP_UNUSED
    explanation = template.format(cap=cap.limit, moments=times)
    until = cap.reached_until(sent_at, now)
    decision = Deferred(until, Reason.CAP) if until else Go()
    name = "no more than" if cap.purpose is Purpose.MARKETING else "no more service mail than"
    yield _delay_check(shop, name, decision, explanation)
