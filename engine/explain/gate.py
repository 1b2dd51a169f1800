"""What the gate would decide now about the waiting mails of one customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from engine.delivery.cap import cap_of
from engine.delivery.gate_batch import BatchDecision, decide_batch
from engine.delivery.load_messages import LoadedMessage, load_messages
from engine.delivery.routing import sender_name_for
from engine.explain.model import GateCheck, GateVerdict, Mail
from engine.message_states import State
from engine.messages.correction import is_correction_rule
from engine.open.open_shop import OpenShop
from engine.time_format import format_moment
from mail.gate.gate import Deferred, GateInput, Go, Limits, Skipped, evaluate_gate
from mail.gate.reasons import Reason
from shop.types.purpose import Pace

WAITING_STATES = frozenset({State.QUEUED, State.DEFERRED, State.AWAITING_APPROVAL})
Stops = Mapping[str | None, tuple[datetime, str | None]]
YES, NOT_YET, NO = "yes", "not yet", "no"
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
    decisions = decide_batch(shop, list(loaded.values()), now=now)
    gates = {
        mail.id: _gate_verdict(shop, mail, loaded[mail.id], decisions, stops, now)
        for mail in waiting_mails
        if mail.id in loaded
    }
    return [replace(mail, gate=gates.get(mail.id)) for mail in mails]


def _load_waiting(
    connection: Connection, shop: OpenShop, ids: Sequence[str], now: datetime
) -> list[LoadedMessage]:
    cap = cap_of(shop)
    return load_messages(connection, shop.config, ids, now=now, cap=cap) if ids else []


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
    deferral = next(
        (deferral for message, deferral in decisions.deferred if message == mail.id), None
    )
    if deferral:
        return GateVerdict(f"put off: {deferral.reason}", max(deferral.until, mail.due_at), checks)
    if mail.due_at > now:
        return GateVerdict("put off", mail.due_at, checks)
    routes = {
        sender_name_for(shop, routed) for routed in decisions.mails if routed.message_id == mail.id
    }
    rehearsed = not shop.sender.reaches_people or shop.rehearsal.name in routes
    return GateVerdict(f"{'is rehearsed' if rehearsed else 'goes'} with the next run", None, checks)


def _check_stops(shop: OpenShop, mail: Mail, stops: Stops) -> Iterator[GateCheck]:
    active_stops = [(rule, *stops[rule]) for rule in (None, mail.rule) if rule in stops]
    for rule, since, because in active_stops:
        scope = "all mail" if rule is None else f"the mail of {rule}"
        reason_text = f": {because}" if because else ""
        explanation = (
            f"{scope} is held since {format_moment(since, shop.config.shop.zone)}{reason_text}"
        )
        yield GateCheck("stop switch", NOT_YET, None, explanation)
    if not active_stops:
        yield GateCheck("stop switch", YES, None, "nothing is held")


def _check_approval(shop: OpenShop, mail: Mail, now: datetime) -> Iterator[GateCheck]:
    if mail.state != State.AWAITING_APPROVAL:
        return
    reason = "approve first" if mail.approve_first else "ask me above"
    if is_correction_rule(mail.rule):
        reason = "oops"
    if mail.approve_until:
        reason = f"approve within: until {format_moment(mail.approve_until, shop.config.shop.zone)}"
        if mail.approve_until < now:
            yield GateCheck("your word", NO, None, f"{Reason.NOT_APPROVED} ({reason})")
            return
    explanation = f"it waits for your word ({reason}): regulars approve {mail.id[:8]}"
    yield GateCheck("your word", NOT_YET, None, explanation)


def _check_retry(shop: OpenShop, mail: Mail) -> Iterator[GateCheck]:
    """Retry times are on the machine's clock, not on `now`."""
    if mail.retry_at is not None and mail.retry_at > datetime.now(UTC):
        explanation = (
            f"tried again {format_moment(mail.retry_at, shop.config.shop.zone)}: {mail.reason}"
        )
        yield GateCheck("mail service", NOT_YET, mail.retry_at, explanation)


def _check_permissions(shop: OpenShop, loaded: LoadedMessage, now: datetime) -> Iterator[GateCheck]:
    case = loaded.case
    yield _check_result("occasion", case.stop_reason, "its reason still holds")
    no_address = None if case.has_address else "no address is known"
    yield _check_result("address", no_address, loaded.email or "")
    yield _check_result("suppression", case.suppression, "nothing is known against the address")
    yield _check_basis(loaded)
    deadline_text = format_moment(case.deadline, shop.config.shop.zone)
    lateness_text = f"it could go until {deadline_text}" if now > case.deadline else None
    yield _check_result("at most late", lateness_text, f"it may go until {deadline_text}")


def _check_result(name: str, objection: str | None, explanation: str) -> GateCheck:
    return GateCheck(name, NO if objection else YES, None, objection or explanation)


def _check_basis(loaded: LoadedMessage) -> GateCheck:
    """Whether the basis alone would allow it, with every other obstacle removed."""
    basis_only = replace(_without_obstacles(loaded.case), basis=loaded.case.basis)
    decision = evaluate_gate(basis_only, Limits(), now=loaded.case.due_at)
    enough = not isinstance(decision, Skipped)
    explanation = f"{loaded.case.basis}: {loaded.evidence}"
    if loaded.evidence == loaded.case.basis:
        explanation = loaded.case.basis
    return GateCheck(
        "basis", YES if enough else NO, None, f"{explanation} (a {basis_only.purpose} mail)"
    )


def _without_obstacles(case: GateInput) -> GateInput:
    """The case with everything allowed except the hour."""
    return replace(
        case, stop_reason=None, has_address=True, suppression=None, basis="yes", deadline=FAR_FUTURE,
        cart_touched_at=None,
    )  # fmt: skip


def _check_delays(shop: OpenShop, loaded: LoadedMessage, now: datetime) -> Iterator[GateCheck]:
    """Each limit separately; the gate applies the latest of them."""
    case = loaded.case
    unobstructed = _without_obstacles(case)
    if case.cart_touched_at is not None:
        cart_case = replace(unobstructed, cart_touched_at=case.cart_touched_at)
        explanation = f"the cart was last touched {format_moment(case.cart_touched_at, shop.config.shop.zone)}"
        yield _delay_check(
            shop, "still shopping", evaluate_gate(cart_case, Limits(), now=now), explanation
        )
    for name, limits, explanation in _configured_limits(shop, case):
        if explanation:
            decision = evaluate_gate(unobstructed, limits, now=now)
            yield _delay_check(shop, name, decision, explanation)
    yield from _check_cap(shop, loaded, now)


def _configured_limits(shop: OpenShop, case: GateInput) -> Iterator[tuple[str, Limits, str]]:
    """The limits in config.yaml that apply to this mail, with their text."""
    sending, own = shop.config.sending, shop.config.shop
    if case.pace is Pace.OPEN_DAYS:
        closed = Limits(closed=own.closed, shop_zone=own.zone)
        yield "closed", closed, ", ".join(map(str, own.closed))
    if case.pace is not Pace.AT_ONCE and sending.usual_time:
        yield "usual time", Limits(usual_time=sending.usual_time), f"{sending.usual_time:%H:%M}"
    if sending.quiet_hours:
        quiet = Limits(quiet_hours=sending.quiet_hours)
        yield "quiet hours", quiet, f"{sending.quiet_hours} ({case.zone})"


def _delay_check(shop: OpenShop, name: str, decision: object, explanation: str) -> GateCheck:
    if isinstance(decision, Deferred):
        until_text = format_moment(decision.until, shop.config.shop.zone)
        return GateCheck(
            name, NOT_YET, decision.until, f"{explanation}, so not before {until_text}"
        )
    return GateCheck(name, YES, None, explanation)


def _check_cap(shop: OpenShop, loaded: LoadedMessage, now: datetime) -> Iterator[GateCheck]:
    """The cap, with the mails that count towards it; nothing for mails it does not hold back."""
    cap = cap_of(shop)
    if not cap.holds_back(loaded.case.purpose, is_correction=loaded.is_correction):
        return
    sent_at = cap.within_window(loaded.counted, now)
    times = "; ".join(format_moment(moment, shop.config.shop.zone) for moment in sent_at)
    explanation = f"{cap.limit} (went: {times})" if times else f"{cap.limit} (none went)"
    until = cap.reached_until(sent_at, now)
    decision = Deferred(until, Reason.CAP) if until else Go()
    yield _delay_check(shop, "no more than", decision, explanation)
