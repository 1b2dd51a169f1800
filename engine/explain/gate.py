"""What the gate would say of the mails of one customer that wait, were it their turn now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection

from engine.delivery.gate_batch import Judged, judge
from engine.delivery.load_messages import Wanted, gather
from engine.delivery.routing import name_of_way
from engine.explain.model import AtTheGate, Gate, Mail
from engine.message_states import State
from engine.messages.correction import corrects
from engine.open.open_shop import OpenShop
from engine.time_format import moment_told
from mail.gate.gate import Case, Deferred, Limits, Skipped, decide
from mail.gate.reasons import Reason
from shop.types.purpose import Pace, Purpose

WAIT = frozenset({State.QUEUED, State.DEFERRED, State.AWAITING_APPROVAL})
Stops = Mapping[str | None, tuple[datetime, str | None]]
YES, NOT_YET, NO = "yes", "not yet", "no"
FAR = datetime(9000, 1, 1, tzinfo=UTC)


def with_gates(
    connection: Connection,
    shop: OpenShop,
    mails: Sequence[Mail],
    stops: Stops,
    *,
    now: datetime,
) -> list[Mail]:
    """The mails that wait, each with what the gate would say; nothing is written down."""
    waiting = sorted((one for one in mails if one.state in WAIT), key=lambda one: _turn(shop, one))
    ids = [one.id for one in waiting]
    wanted = {one.id: one for one in _gathered(connection, shop, ids, now)}
    judged = judge(shop, list(wanted.values()), now=now)
    gates = {
        one.id: _gate(shop, one, wanted[one.id], judged, stops, now)
        for one in waiting
        if one.id in wanted
    }
    return [replace(one, gate=gates.get(one.id)) for one in mails]


def _gathered(
    connection: Connection, shop: OpenShop, ids: Sequence[str], now: datetime
) -> list[Wanted]:
    rehearsing = not (shop.sender.reaches_people and shop.file.sending.is_live)
    return gather(connection, shop.file, ids, now=now, rehearsing=rehearsing) if ids else []


def _turn(shop: OpenShop, one: Mail) -> tuple[int, datetime, str]:
    """The rule higher in the file goes first, as in a delivery."""
    rules = list(shop.file.rules)
    place = rules.index(one.rule) if one.rule in rules else len(rules)
    return place, one.created_at, one.id


def _gate(
    shop: OpenShop, one: Mail, wanted: Wanted, judged: Judged, stops: Stops, now: datetime
) -> Gate:
    before = [*_switch(shop, one, stops), *_word(shop, one, now), *_patience(shop, one)]
    asked = [*before, *_objections(shop, wanted, now), *_waits(shop, wanted.case, now)]
    refused = next((each for each in judged.refused if each.message_id == one.id), None)
    if refused:
        return Gate(refused.reason or str(refused.state), None, asked)
    if barred := [each for each in before if each.says != YES]:
        first = next((each for each in barred if each.says == NO), barred[0])
        return Gate(first.told, first.until, asked)
    return _when(shop, one, judged, asked, now)


def _when(
    shop: OpenShop, one: Mail, judged: Judged, asked: Sequence[AtTheGate], now: datetime
) -> Gate:
    """Nobody looks at it before it is due."""
    wait = next((wait for message, wait in judged.deferred if message == one.id), None)
    if wait:
        return Gate(f"put off: {wait.reason}", max(wait.until, one.due_at), asked)
    if one.due_at > now:
        return Gate("put off", one.due_at, asked)
    ways = {name_of_way(shop, mail) for mail in judged.mails if mail.message_id == one.id}
    rehearsed = not shop.sender.reaches_people or shop.rehearsal.name in ways
    return Gate(f"{'is rehearsed' if rehearsed else 'goes'} with the next run", None, asked)


def _switch(shop: OpenShop, one: Mail, stops: Stops) -> Iterator[AtTheGate]:
    held = [(what, *stops[what]) for what in (None, one.rule) if what in stops]
    for what, since, because in held:
        which = "all mail" if what is None else f"the mail of {what}"
        why = f": {because}" if because else ""
        told = f"{which} is held since {moment_told(since, shop.file.shop.zone)}{why}"
        yield AtTheGate("stop switch", NOT_YET, None, told)
    if not held:
        yield AtTheGate("stop switch", YES, None, "nothing is held")


def _word(shop: OpenShop, one: Mail, now: datetime) -> Iterator[AtTheGate]:
    if one.state != State.AWAITING_APPROVAL:
        return
    why = "approve first" if one.approve_first else "ask me above"
    if corrects(one.rule):
        why = "oops"
    if one.approve_until:
        why = f"approve within: until {moment_told(one.approve_until, shop.file.shop.zone)}"
        if one.approve_until < now:
            yield AtTheGate("your word", NO, None, f"{Reason.NOT_APPROVED} ({why})")
            return
    told = f"it waits for your word ({why}): regulars approve {one.id[:8]}"
    yield AtTheGate("your word", NOT_YET, None, told)


def _patience(shop: OpenShop, one: Mail) -> Iterator[AtTheGate]:
    """Mail services know the machine's clock alone."""
    if one.retry_at is not None and one.retry_at > datetime.now(UTC):
        told = f"tried again {moment_told(one.retry_at, shop.file.shop.zone)}: {one.reason}"
        yield AtTheGate("mail service", NOT_YET, one.retry_at, told)


def _objections(shop: OpenShop, wanted: Wanted, now: datetime) -> Iterator[AtTheGate]:
    case = wanted.case
    yield _says("occasion", case.over, "its reason still holds")
    no_address = None if case.has_address else "no address is known"
    yield _says("address", no_address, wanted.email or "")
    yield _says("suppression", case.suppressed, "nothing is known against the address")
    yield _basis(wanted)
    end = moment_told(case.deadline, shop.file.shop.zone)
    late = f"it could go until {end}" if now > case.deadline else None
    yield _says("at most late", late, f"it may go until {end}")


def _says(asked: str, no: str | None, yes: str) -> AtTheGate:
    return AtTheGate(asked, NO if no else YES, None, no or yes)


def _basis(wanted: Wanted) -> AtTheGate:
    """The basis alone: would it do, if nothing else were in the way?"""
    alone = replace(_free(wanted.case), basis=wanted.case.basis)
    decision = decide(alone, Limits(), now=wanted.case.due)
    enough = not isinstance(decision, Skipped)
    told = f"{wanted.case.basis}: {wanted.evidence}"
    if wanted.evidence == wanted.case.basis:
        told = wanted.case.basis
    return AtTheGate("basis", YES if enough else NO, None, f"{told} (a {alone.purpose} mail)")


def _free(case: Case) -> Case:
    """With nothing in the way but the hour."""
    return replace(
        case, over=None, has_address=True, suppressed=None, basis="yes", deadline=FAR,
        left_at=None, received=(),
    )  # fmt: skip


def _waits(shop: OpenShop, case: Case, now: datetime) -> Iterator[AtTheGate]:
    """Each limit by itself; the gate waits for the longest."""
    free = _free(case)
    if case.left_at is not None:
        left = replace(free, left_at=case.left_at)
        told = f"the cart was last touched {moment_told(case.left_at, shop.file.shop.zone)}"
        yield _wait(shop, "still shopping", decide(left, Limits(), now=now), told)
    for asked, limits, told in _limits(shop, case, now):
        if told:
            one = replace(free, received=case.received)
            yield _wait(shop, asked, decide(one, limits, now=now), told)


def _limits(shop: OpenShop, case: Case, now: datetime) -> Iterator[tuple[str, Limits, str]]:
    """Those that the owner wrote and this mail knows, with what they say."""
    sending, own = shop.file.sending, shop.file.shop
    if case.pace is Pace.OPEN_DAYS:
        closed = Limits(closed=own.closed, shop_zone=own.zone)
        yield "closed", closed, ", ".join(map(str, own.closed))
    if case.pace is not Pace.AT_ONCE and sending.usual_time:
        yield "usual time", Limits(usual_time=sending.usual_time), f"{sending.usual_time:%H:%M}"
    if sending.quiet_hours:
        quiet = Limits(quiet_hours=sending.quiet_hours)
        yield "quiet hours", quiet, f"{sending.quiet_hours} ({case.zone})"
    yield "no more than", Limits(no_more_than=sending.no_more_than), _cap(shop, case, now)


def _wait(shop: OpenShop, asked: str, decision: object, told: str) -> AtTheGate:
    if isinstance(decision, Deferred):
        until = moment_told(decision.until, shop.file.shop.zone)
        return AtTheGate(asked, NOT_YET, decision.until, f"{told}, so not before {until}")
    return AtTheGate(asked, YES, None, told)


def _cap(shop: OpenShop, case: Case, now: datetime) -> str:
    """With the mails that use it up."""
    cap = shop.file.sending.no_more_than
    if cap is None or case.purpose is Purpose.SERVICE or case.corrects:
        return ""
    went = sorted(at for at in case.received if now - cap.per.elapsed < at <= now)
    times = "; ".join(moment_told(at, shop.file.shop.zone) for at in went)
    return f"{cap} (went: {times})" if times else f"{cap} (none went)"
