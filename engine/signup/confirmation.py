"""The mail that asks whether it was you: sent as every mail, committed before its first byte.

It belongs to no rule and to no customer: nobody is one before they have confirmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, or_, select, update
from sqlmodel import col

from engine.delivery.deliver import told_by
from engine.delivery.routing import Way, name_of_way, ways_out
from engine.delivery.sender_outcomes import PATIENCE, recalled, went
from engine.message_states import ACCEPTED, State
from engine.messages.bulk_update import changing
from engine.messages.leases import BATCH, CutOff, abandoned, lease
from engine.open.open_shop import OpenShop
from engine.time_format import day_told, moment_told
from mail.gate.reasons import Reason
from mail.message.mime import Mail
from mail.message.signed_links import join_url, sign_up_token
from mail.render.confirmation_mail import Confirmation, ConfirmationFacts, written
from mail.senders import journal
from mail.senders.protocol import Accepted, Later, NoSuchAddress, Outcome, Refused
from settings.errors import OutOfReach
from shop.consent import suppressions
from shop.consent.signups import VALID, mailbox_of
from shop.consent.suppressions import Kind, Told, suppressed
from shop.db.engine import reading, writing
from shop.db.stops import all_stops
from shop.db.upsert import table_of
from shop.db.workers import holding
from shop.identity.customers import one_writer
from shop.tables import MailEvent, SignUp, Suppression

DAY = timedelta(days=1)
MONTH = timedelta(days=30)
MOST_A_DAY, MOST_A_MONTH = 1, 3  # to one mailbox, whoever asks
TOO_OLD = DAY  # nobody stands at the till any more
NOT_YET = col(SignUp.state).in_([State.QUEUED.value, State.DEFERRED.value])
UNDER_WAY = col(SignUp.state) == State.SENDING.value
WENT = [one.value for one in (*ACCEPTED, State.REHEARSED, State.SENDING)]


@dataclass
class Batch:
    """What became of those who wait."""

    mails: list[Mail] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


def send_confirmations(shop: OpenShop, *, now: datetime) -> int:
    """Write to whoever signed up and has got none yet; how many mails. `now` is the machine's."""
    if not _anything(shop):
        return 0
    _take_over(shop, now)
    sent = 0
    with holding() as ours, ways_out(shop, ours) as ways:
        while batch := _next(shop, ours, now):
            for way in ways:
                _send(shop, way, ours, way.of(batch.mails), now)
            sent += len(batch.mails)
    return sent


def give_up_waiting(connection: Connection, why: str, *, now: datetime) -> None:
    """Whoever still wants to be on the list signs up once more."""
    given_up = {"state": State.SKIPPED.value, "reason": why, "settled_at": now}
    connection.execute(update(table_of(SignUp)).where(NOT_YET).values(given_up))


def in_doubt(connection: Connection) -> int:
    """How many of these mails may have gone, or not; of what a mail service told it is known."""
    return connection.scalar(_doubtful()) or 0


@cache
def _doubtful() -> Select[tuple[int]]:
    told = select(col(MailEvent.id)).where(col(MailEvent.message_id) == col(SignUp.id)).exists()
    doubt = col(SignUp.state) == State.IN_DOUBT.value
    return select(func.count()).select_from(SignUp).where(doubt, ~told)


def _anything(shop: OpenShop) -> bool:
    """Almost always there is nothing, and then nobody waits for a turn to write."""
    with reading(shop.engine) as connection:
        return connection.scalar(_any_open()) is not None


@cache
def _any_open() -> Select[tuple[str]]:
    return select(col(SignUp.id)).where(or_(NOT_YET, UNDER_WAY)).limit(1)


def _next(shop: OpenShop, ours: str, now: datetime) -> Batch | None:
    """One transaction from the look at what forbids it to `sending`: nothing comes between."""
    with writing(shop.engine) as connection:
        one_writer(connection)  # two at once would each find that an address has got none yet
        if shop.file.sign_up is None or None in all_stops(connection):
            return None
        rows = connection.execute(_due(), {"by_machine": datetime.now(UTC)}).all()
        if not rows:
            return None
        batch = _judged(connection, shop, rows, now)
        _settle(connection, State.SKIPPED, batch.refused, now)
        _mark_sending(connection, shop, batch.mails, ours, now)
    return batch


@cache
def _due() -> Select[Any]:
    again = or_(col(SignUp.retry_at).is_(None), col(SignUp.retry_at) <= bindparam("by_machine"))
    columns = (SignUp.id, SignUp.address, SignUp.address_key, SignUp.wording, SignUp.asked_at)
    return (
        select(*(col(one) for one in columns))
        .where(NOT_YET, again)
        .order_by(col(SignUp.asked_at), col(SignUp.id))
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )


def _judged(
    connection: Connection, shop: OpenShop, rows: Sequence[Row[Any]], now: datetime
) -> Batch:
    keys = {row.address_key for row in rows}
    silent = _suppressed(connection, keys)
    boxes = {mailbox_of(key) for key in keys}
    today, this_month = (_went(connection, boxes, now - since) for since in (DAY, MONTH))
    batch = Batch()
    for row in rows:
        box = mailbox_of(row.address_key)
        if why := silent.get(row.address_key):
            batch.refused[row.id] = f"{Reason.SUPPRESSED}: {why}"
        elif row.asked_at < now - TOO_OLD:
            batch.refused[row.id] = str(Reason.TOO_LATE)
        elif today[box] >= MOST_A_DAY or this_month[box] >= MOST_A_MONTH:
            batch.refused[row.id] = str(Reason.CAP)
        else:
            today[box] += 1
            this_month[box] += 1
            batch.mails.append(_mail(shop, row, now))
    return batch


def _suppressed(connection: Connection, keys: Collection[str]) -> Mapping[str, str]:
    return dict(connection.execute(_silent(), {"keys": list(keys)}).tuples().all())


@cache
def _silent() -> Select[tuple[str, str]]:
    theirs = col(Suppression.address).in_(bindparam("keys", expanding=True))
    return select(col(Suppression.address), col(Suppression.reason)).where(theirs, suppressed())


def _went(connection: Connection, boxes: Collection[str], since: datetime) -> Counter[str]:
    """What is in doubt keeps back none that was asked for anew."""
    lately = connection.scalars(_lately(), {"boxes": list(boxes), "since": since})
    return Counter(mailbox_of(one) for one in lately)


@cache
def _lately() -> Select[tuple[str]]:
    address = col(SignUp.address_key)
    theirs = address.in_(bindparam("boxes", expanding=True))
    return select(address).where(
        or_(theirs, address.contains("+")),  # few have a tag: they are told apart here
        col(SignUp.state).in_(WENT),
        col(SignUp.settled_at) > bindparam("since"),
    )


def _mail(shop: OpenShop, row: Row[Any], now: datetime) -> Mail:
    letter = _letter(shop, row)
    sender = shop.file.sending.from_
    return Mail(
        message_id=row.id,
        sender_name=sender.name or shop.file.shop.name,
        sender_address=sender.address,
        to_address=row.address,
        to_name=None,  # whoever typed it could write anything there, to anybody
        reply_to=shop.file.shop.reply_to,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        unsubscribe_url="",
        date=now,
        purpose="service",
    )


def _letter(shop: OpenShop, row: Row[Any]) -> Confirmation:
    about, zone = shop.file.shop, shop.file.shop.zone
    token = sign_up_token(shop.secret, row.id)
    facts = ConfirmationFacts(
        shop=about.name,
        postal_address=about.postal_address,
        asked_on=moment_told(row.asked_at, zone),
        says=row.wording,
        link=join_url(about.public_address or "", token),
        valid_until=day_told((row.asked_at + VALID).astimezone(zone)),
    )
    return written(facts, shop.folder)


def _mark_sending(
    connection: Connection, shop: OpenShop, mails: Sequence[Mail], ours: str, now: datetime
) -> None:
    same: dict[str, Any] = {
        "state": State.SENDING.value, "reason": None, "settled_at": now, "claimed_by": ours,
        "claimed_until": lease(),
    }  # fmt: skip
    rows = [{"row": mail.message_id, "through": name_of_way(shop, mail)} | same for mail in mails]
    if rows:
        connection.execute(changing(SignUp, "through", *same), rows)


def _send(shop: OpenShop, way: Way, ours: str, mails: Sequence[Mail], now: datetime) -> None:
    """As `engine.delivery.deliver` does it: what one of them breaks, the next do not feel."""
    left = [CutOff(mail.message_id, ours, way.name) for mail in mails]
    while left:
        told, fault = told_by(way.delivery, mails[len(mails) - len(left) :])
        left = left[len(told) :]
        with writing(shop.engine) as connection:
            for outcome in told:
                _write_down(connection, outcome, way.name, now)
            if isinstance(fault, OutOfReach):
                _sort_out(connection, shop, left, now)
                for at_hand in left[:1]:
                    _broke_off(connection, at_hand.message_id)
            elif left:
                why = f"{Reason.REFUSED}: {type(fault).__name__ if fault else 'no answer'}"
                _sort_out(connection, shop, [left.pop(0)], now, else_failed=why)
        way.delivery.settled()
        if isinstance(fault, OutOfReach):
            raise fault


def _write_down(connection: Connection, outcome: Outcome, through: str, now: datetime) -> None:
    this_one = outcome.message_id
    match outcome:
        case Accepted():
            _settle(connection, went(through), {this_one: None}, now)
        case Refused():
            _settle(connection, State.FAILED, {this_one: f"{Reason.REFUSED}: {outcome.why}"}, now)
        case NoSuchAddress():
            why = {this_one: f"{Reason.NO_SUCH_ADDRESS}: {outcome.why}"}
            _settle(connection, State.BOUNCED, why, now)
            _nobody_there(connection, outcome, through, now)
        case Later():
            _put_off(connection, outcome)


def _nobody_there(
    connection: Connection, outcome: NoSuchAddress, through: str, now: datetime
) -> None:
    address = connection.scalar(_address_of(), {"sign_up": outcome.message_id})
    key = f"{outcome.message_id}/{now.isoformat()}"
    told = Told(through, key, Kind.BOUNCED, now, outcome.message_id, address, outcome.why)
    suppressions.record(connection, [told], now=now)


@cache
def _address_of() -> Select[tuple[str]]:
    return select(col(SignUp.address)).where(col(SignUp.id) == bindparam("sign_up"))


def _put_off(connection: Connection, outcome: Later) -> None:
    """By the machine's clock: a mail server knows nothing of `--at`."""
    found = connection.execute(_tried(), {"sign_up": outcome.message_id}).one_or_none()
    put_off = {
        "state": State.DEFERRED.value, "reason": f"{Reason.LATER}: {outcome.why}",
        "claimed_by": None, "settled_at": None,
    } | _once_more(found.attempts if found else 0)  # fmt: skip
    _change(connection, outcome.message_id, put_off)


@cache
def _tried() -> Select[tuple[int, str]]:
    found = select(col(SignUp.attempts), col(SignUp.state))
    return found.where(col(SignUp.id) == bindparam("sign_up"))


def _once_more(tried: int) -> dict[str, Any]:
    wait = PATIENCE[min(tried, len(PATIENCE) - 1)]
    return {"attempts": tried + 1, "retry_at": datetime.now(UTC) + wait}


def _take_over(shop: OpenShop, now: datetime) -> None:
    """What was being sent when a delivery ended, its sender knows."""
    with writing(shop.engine) as connection:
        cut_off = abandoned(connection, SignUp)
        _sort_out(connection, shop, cut_off, now)
        still = set(connection.scalars(_holders()))
    journal.forget(shop.folder / journal.FOLDER, {one.holder for one in cut_off} - still)


@cache
def _holders() -> Select[tuple[str | None]]:
    return select(col(SignUp.claimed_by)).where(UNDER_WAY)


def _sort_out(
    connection: Connection,
    shop: OpenShop,
    cut_off: Sequence[CutOff],
    now: datetime,
    *,
    else_failed: str | None = None,
) -> None:
    """What a sender has is sent, what it may have is in doubt, and the rest may go again."""
    known = recalled(shop, cut_off)
    for one in cut_off:
        this_one = one.message_id
        if this_one in known.has:
            _settle(connection, went(one.through), {this_one: None}, now)
        elif this_one in known.may_have:
            _settle(connection, State.IN_DOUBT, {this_one: str(Reason.MAY_HAVE_GONE)}, now)
        elif else_failed:
            _settle(connection, State.FAILED, {this_one: else_failed}, now)
        else:
            _release(connection, this_one)


def _broke_off(connection: Connection, sign_up: str) -> None:
    """A mail at which the line breaks must not keep the others back: it is tried again later."""
    found = connection.execute(_tried(), {"sign_up": sign_up}).one_or_none()
    if found and found.state == State.QUEUED:
        _change(connection, sign_up, _once_more(found.attempts))


def _release(connection: Connection, sign_up: str) -> None:
    nobodys = {"settled_at": None, "claimed_by": None, "claimed_until": None, "through": None}
    _change(connection, sign_up, {"state": State.QUEUED.value} | nobodys)


def _settle(
    connection: Connection, state: State, why: Mapping[str, str | None], now: datetime
) -> None:
    for sign_up, reason in why.items():
        settled = {"state": state.value, "reason": reason, "settled_at": now, "claimed_by": None}
        _change(connection, sign_up, settled)


def _change(connection: Connection, sign_up: str, values: Mapping[str, Any]) -> None:
    connection.execute(changing(SignUp, *values), {"row": sign_up} | dict(values))
