"""Corrects wrong mails: pauses the rule and drafts one correction per affected customer.

Three transactions: the pause, which must not wait; then, after deliveries under way have ended,
reading the affected mails; then all drafts.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from unicodedata import category

from sqlalchemy import Connection, Engine, bindparam, exists, func, select, text, update
from sqlmodel import col

from engine.delivery.cap import NO_CAPS
from engine.delivery.load_messages import LoadedMessage, load_messages
from engine.delivery.mail_text import with_variables
from engine.delivery.sample_customer import PREVIEW_LINK
from engine.message_states import State
from engine.messages.approval_limit import IS_HELD
from engine.messages.correction import (
    TEMPLATE,
    correction_rule,
    correction_step,
    is_correction_rule,
)
from engine.messages.find_corrections import (
    corrected_message_id,
    load_effective_corrections,
    possibly_received,
)
from engine.messages.leases import BATCH_SIZE, IS_PENDING
from engine.messages.message_id import message_id
from engine.open.open_shop import OpenShop
from engine.tick_context import context_of_last_tick
from mail.render.mail_facts import MistakeFacts
from mail.render.renderer import RenderError
from settings.errors import WrongUsageError
from shop.db import stops
from shop.db.engine import read_transaction, write_transaction
from shop.db.upsert import insert_missing, table_of
from shop.tables import Customer, Message
from shop.types.person_name import full_name

CORRECTION_LIFETIME = timedelta(weeks=1)
MAX_SENTENCE = 300  # characters of the owner's sentence
UNPRINTABLE = ("Cc", "Cs")  # Unicode categories: control characters, surrogates
STOP_REASON = "oops"
Row = Any


@dataclass(frozen=True)
class AffectedCustomer:
    """A customer who received a mail of the rule, or may have: the latest one, and how many."""

    message: str
    customer: int
    name: str | None
    address: str | None
    template: str
    at: datetime
    state: str
    mails: int
    correction: str | None  # its state


@dataclass(frozen=True)
class CorrectionResult:
    """What was done about a wrong mail."""

    rule: str
    corrections: str  # their rule name, accepted by `approve`
    newly_paused: bool
    since: datetime
    held: int  # unsent mails of the rule
    drafted: int
    reworded: int  # earlier drafts that got the new sentence
    people: Sequence[AffectedCustomer]
    mend: Sequence[str]  # why the template cannot be used


def correct_mails(
    shop: OpenShop, rule: str, *, since: datetime, saying: str, now: datetime
) -> CorrectionResult:
    """Pause `rule` and draft a correction to everyone it mailed since `since`; `saying` is the
    owner's sentence.

    Idempotent: a customer who has a correction for their latest mail gets no second one. Raises
    `WrongUsageError` for an unknown rule or a sentence that is too long.
    """
    sentence = _clean_sentence(saying)
    with write_transaction(shop.engine) as connection:
        _check_rule(connection, shop, rule)
        paused = stops.stop_mail(connection, rule, STOP_REASON, now=now)
    _wait_for_deliveries(shop.engine)
    with read_transaction(shop.engine) as connection:
        people = _affected_customers(connection, rule, since)
        uncorrected = [person for person in people if person.correction is None]
        drafts = _draft_corrections(connection, shop, rule, uncorrected, sentence, now)
    with write_transaction(shop.engine) as connection:
        reworded = _reword(connection, rule, sentence) if sentence else 0
        tick = context_of_last_tick(connection, now).tick
        insert_missing(connection, Message, [draft | {"tick_id": tick} for draft in drafts])
        return CorrectionResult(
            rule=rule,
            corrections=correction_rule(rule),
            newly_paused=paused,
            since=since,
            held=_count_held(connection, rule),
            drafted=len(drafts),
            reworded=reworded,
            people=_affected_customers(connection, rule, since),
            mend=_template_errors(shop),
        )


def _template_errors(shop: OpenShop) -> list[str]:
    mistakes = shop.renderer.find_mistakes(
        TEMPLATE, available_parts={"mistake"}, with_=(), own_columns=shop.config.own_columns
    )
    return [mistake.message for mistake in mistakes]


def _clean_sentence(saying: str) -> str | None:
    """On one line, without control characters."""
    characters = (" " if category(character) in UNPRINTABLE else character for character in saying)
    sentence = " ".join("".join(characters).split())
    if len(sentence) > MAX_SENTENCE:
        raise WrongUsageError(
            f"--saying is {len(sentence)} letters long: one sentence of at most {MAX_SENTENCE} "
            f"does. More belongs into a {TEMPLATE}.html of your own, in the folder templates."
        )
    return sentence or None


def _check_rule(connection: Connection, shop: OpenShop, rule: str) -> None:
    """The rule must be in the file or have sent mails."""
    if rule in shop.config.rules:
        return
    has_mails = select(exists().where(col(Message.rule) == rule))
    if is_correction_rule(rule) or not connection.scalar(has_mails):
        rule_names = ", ".join(shop.config.rules) or "none"
        raise WrongUsageError(
            f"There is no rule {rule}, and no mail of one. There are: {rule_names}."
        )


def _wait_for_deliveries(engine: Engine) -> None:
    """Wait until mails locked before the pause are marked as `sending`.

    On SQLite the pause itself had to wait for them. Row locks would not do on PostgreSQL: a
    delivery that has read but not locked yet would not be waited for.
    """
    if engine.dialect.name == "postgresql":
        with write_transaction(engine) as connection:
            connection.execute(text(f"LOCK TABLE {Message.__tablename__} IN EXCLUSIVE MODE"))


def _affected_customers(
    connection: Connection, rule: str, since: datetime
) -> list[AffectedCustomer]:
    """One per customer, latest mail first."""
    mails: dict[int, list[Row]] = {}
    for row in connection.execute(_mails_query(rule, since)):
        mails.setdefault(row.customer_id, []).append(row)
    corrected = _existing_corrections(connection, rule)
    return [_to_affected(customer_mails, corrected) for customer_mails in mails.values()]


def _mails_query(rule: str, since: datetime) -> Any:
    return (
        select(
            col(Message.id), col(Message.customer_id), col(Message.template), col(Message.state),
            col(Message.settled_at), col(Message.to_address),
            col(Customer.first_name), col(Customer.last_name),
        )
        .join(Customer, col(Customer.id) == col(Message.customer_id))
        .where(col(Message.rule) == rule, possibly_received(), col(Message.settled_at) >= since)
        .order_by(col(Message.settled_at).desc(), col(Message.id))
    )  # fmt: skip


def _to_affected(
    mails: Sequence[Row], corrected: Mapping[int, tuple[datetime, str]]
) -> AffectedCustomer:
    latest_mail = mails[0]
    name = full_name(latest_mail.first_name, latest_mail.last_name)
    corrected_until, state = corrected.get(latest_mail.customer_id, (None, None))
    return AffectedCustomer(
        message=latest_mail.id,
        customer=latest_mail.customer_id,
        name=name or None,
        address=latest_mail.to_address,
        template=latest_mail.template,
        at=latest_mail.settled_at,
        state=latest_mail.state,
        mails=len(mails),
        correction=state if corrected_until and corrected_until >= latest_mail.settled_at else None,
    )


def _existing_corrections(connection: Connection, rule: str) -> dict[int, tuple[datetime, str]]:
    """For each customer, up to which mail they have a correction, and its state."""
    corrections = load_effective_corrections(connection, col(Message.rule) == correction_rule(rule))
    corrections.sort(key=lambda correction: (correction.covers_until, correction.id))
    return {
        correction.customer_id: (correction.covers_until, correction.state)
        for correction in corrections
    }


def _draft_corrections(
    connection: Connection,
    shop: OpenShop,
    rule: str,
    affected: Sequence[AffectedCustomer],
    saying: str | None,
    now: datetime,
) -> list[dict[str, Any]]:
    sent_at = {customer.message: customer.at for customer in affected}
    earlier = _count_earlier(connection, rule)
    drafts = []
    for ids in _batches(list(sent_at)):
        table = table_of(Message)
        rows = connection.execute(select(table).where(table.c.id.in_(ids))).all()
        loaded = load_messages(connection, shop, ids, now=now, caps=NO_CAPS)
        facts = {
            customer.id: _mistake_facts(shop, customer, sent_at[customer.id], saying)
            for customer in loaded
        }
        drafts += [
            _draft(shop.secret, rule, row, earlier[row.id], facts[row.id], now) for row in rows
        ]
    return drafts


def _count_earlier(connection: Connection, rule: str) -> Counter[str]:
    """Corrections per mail so far: those that were not sent keep their rows."""
    named = col(Message.rule) == correction_rule(rule)
    return Counter(connection.scalars(select(corrected_message_id()).where(named)))


def _batches(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + BATCH_SIZE] for start in range(0, len(ids), BATCH_SIZE))


def _mistake_facts(
    shop: OpenShop, mail: LoadedMessage, sent_at: datetime, saying: str | None
) -> MistakeFacts:
    """In the customer's time zone."""
    local = sent_at.astimezone(mail.case.zone)
    language = shop.mail_language(TEMPLATE, mail.customer_language)
    subject = _render_subject(shop, mail, sent_at)
    return MistakeFacts(language.weekday_and_day(local), language.day(local), subject, saying)


def _render_subject(shop: OpenShop, mail: LoadedMessage, sent_at: datetime) -> str | None:
    """Rendered again; None where the template is gone or can no longer be rendered."""
    try:
        arguments = with_variables(shop.config, json.loads(mail.variables), sent_at, mail.language)
        facts = replace(mail.facts, with_=arguments, unsubscribe_url=PREVIEW_LINK)
        return shop.renderer.render(mail.template, facts).subject
    except (RenderError, ValueError):
        return None


def _draft(
    secret: str, rule: str, mistake: Row, earlier: int, facts: MistakeFacts, now: datetime
) -> dict[str, Any]:
    """It waits for approval, whatever the rule's own mails do."""
    name, step = correction_rule(rule), correction_step(mistake.id, earlier)
    return {
        "id": message_id(secret, name, mistake.customer_id, mistake.occasion, step),
        "rule": name,
        "customer_id": mistake.customer_id,
        "occasion": mistake.occasion,
        "step": step,
        "enrolment_id": mistake.enrolment_id,
        "template": TEMPLATE,
        "extra": _serialize(facts),
        "purpose": mistake.purpose,
        "approve_first": True,
        "approve_until": None,
        "state": State.AWAITING_APPROVAL.value,
        "created_at": now,
        "due_at": now,
        "deadline": now + CORRECTION_LIFETIME,
    }


def _serialize(facts: MistakeFacts) -> str:
    return json.dumps(asdict(facts), ensure_ascii=False)


def _reword(connection: Connection, rule: str, saying: str) -> int:
    """Replace the owner's sentence in drafts that still wait."""
    table = table_of(Message)
    query = select(table.c.id, table.c.extra).where(table.c.rule == correction_rule(rule), IS_HELD)
    rows = [
        {
            "row": draft_id,
            "told": _serialize(replace(MistakeFacts(**json.loads(extra)), saying=saying)),
        }
        for draft_id, extra in connection.execute(query.with_for_update())
    ]
    if rows:
        reworded = update(table).where(table.c.id == bindparam("row"))
        connection.execute(reworded.values(extra=bindparam("told")), rows)
    return len(rows)


def _count_held(connection: Connection, rule: str) -> int:
    query = select(func.count()).where(col(Message.rule) == rule, IS_PENDING | IS_HELD)
    return connection.scalar(query) or 0
