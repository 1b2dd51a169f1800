"""The kinds of entries of a timeline: the query of each, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    case,
    func,
    literal,
    select,
    type_coerce,
)
from sqlmodel import col

from shop.consent.basis import EMAIL, UNDATED
from shop.consent.suppressions import EventKind
from shop.db.upsert import table_of
from shop.tables import (
    Answer,
    BasisStatement,
    Booking,
    Cart,
    Customer,
    ImportedSuppression,
    MailEvent,
    Merge,
    Message,
    Order,
    PointsEntry,
    Suppression,
    SuppressionImport,
    Task,
)
from shop.types.moment import microseconds, moment_of
from shop.types.money import decimals
from shop.types.person_name import visible_text
from templates.language import owner_sentences

CUSTOMER: BindParameter[int] = bindparam("customer")


@dataclass(frozen=True)
class TimelineEntry:
    """One thing that happened, in the owner's words.

    `kind` is that of its `TimelineSource`; `record` the source and id of an order or a cart, `mail`
    the id of a mail, `state` what is shown by a colour, too.
    """

    at: datetime
    kind: str
    title: str
    detail: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    state: str | None = None
    mail: str | None = None
    record: tuple[str, str] | None = None


@dataclass(frozen=True)
class TimelineSource:
    """Rows of one customer that are entries: `query` has the columns `at`, in microseconds, `key`,
    and what `read` needs. Its parameter is `customer`.
    """

    kind: str
    at: ColumnElement[int]
    key: ColumnElement[Any]
    query: Select[Any]
    read: Callable[[Any], TimelineEntry]
    key_type: type = int


def _source(
    kind: str,
    at: Any,
    key: Any,
    read: Callable[[Any], TimelineEntry],
    *columns: Any,
    key_type: type = int,
) -> TimelineSource:
    moment = type_coerce(at, BigInteger)
    query = select(moment.label("at"), key.label("key"), *columns).where(moment.is_not(None))
    return TimelineSource(kind, moment, key, query, read, key_type)


def _sentences() -> Any:
    return owner_sentences("timeline")


def _entry(
    row: Any, kind: str, title: str, detail: str | None = None, **more: Any
) -> TimelineEntry:
    text = visible_text(detail) if detail else None
    return TimelineEntry(moment_of(row.at), kind, title, text or None, **more)


def _money(row: Any) -> dict[str, Any]:
    amount = Decimal(row.total).scaleb(-decimals(row.currency))
    return {"amount": amount, "currency": row.currency}


def _read_order(row: Any) -> TimelineEntry:
    sentences = _sentences()
    title = sentences.ORDER[row.channel]
    if not row.counts:
        waits = row.awaits_payment
        title = sentences.ORDER_AWAITS_PAYMENT if waits else sentences.ORDER_DOES_NOT_COUNT
    record = (row.source, row.external_id)
    return _entry(row, "order", title, row.source, record=record, **_money(row))


def _read_cart(row: Any) -> TimelineEntry:
    title = _sentences().CART_BOUGHT if row.converted_at else _sentences().CART
    record = (row.source, row.external_id)
    return _entry(row, "cart", title, row.source, record=record, **_money(row))


def _read_booking(row: Any) -> TimelineEntry:
    title = _sentences().BOOKINGS.get(row.status, row.status)
    return _entry(row, "booking", title, row.source)


def _read_answer(row: Any) -> TimelineEntry:
    sentences = _sentences()
    scores = {"csat": row.csat, "nps": row.nps}
    parts = [
        sentences.SCORES[name].format(score=score)
        for name, score in scores.items()
        if score is not None
    ]
    words = [f"“{row.words}”"] if row.words else []
    return _entry(row, "answer", sentences.ANSWER, ", ".join([*parts, *words]))


def _read_points(row: Any) -> TimelineEntry:
    sentences = _sentences()
    number = row.points if row.kind == "adjusted" else abs(row.points)
    points = (
        sentences.ONE_POINT if number == 1 else sentences.MANY_POINTS.format(points=f"{number:,}")
    )
    return _entry(row, "points", sentences.POINTS[row.kind].format(points=points))


def _read_mail(row: Any) -> TimelineEntry:
    title = _sentences().MAILS.get(row.state, row.state)
    reason = f": {row.reason}" if row.reason else ""
    detail = f"{row.template} of {row.rule}{reason}"
    return _entry(row, "mail", title, detail, state=row.state, mail=row.key)


def _read_mail_event(row: Any) -> TimelineEntry:
    sentences = _sentences()
    parts = [row.template, sentences.BY_MACHINE if row.by_machine else None, row.detail]
    detail = ": ".join(part for part in parts if part)
    title = sentences.MAIL_EVENT.format(kind=row.kind)
    return _entry(row, "mail event", title, detail, mail=row.message)


def _read_task(row: Any) -> TimelineEntry:
    return _entry(row, "task", _sentences().TASK, row.words)


def _read_done_task(row: Any) -> TimelineEntry:
    return _entry(row, "task done", _sentences().TASK_DONE, row.words)


def _read_consent(row: Any) -> TimelineEntry:
    wording = f" “{row.wording}”" if row.wording else ""
    detail = f"{row.evidence or 'nothing'} ({row.source}){wording}"
    title = _sentences().CONSENT[row.says]
    return _entry(row, "consent", title, detail, state=row.says)


def _read_merge(row: Any) -> TimelineEntry:
    sentences = _sentences()
    detail = sentences.MERGED_BY.format(number=row.gone, reason=row.why)
    return _entry(row, "merge", sentences.MERGED, detail)


def _read_suppression(row: Any) -> TimelineEntry:
    detail = f"{row.reason}: {row.detail}" if row.detail else row.reason
    return _entry(row, "suppression", _sentences().SUPPRESSED, detail)


def _read_lifting(row: Any) -> TimelineEntry:
    return _entry(row, "lifting", _sentences().LIFTED, row.lifted_because)


def _read_import(row: Any) -> TimelineEntry:
    return _entry(row, "import", _sentences().IMPORTED, row.file_name)


def _read_joined(row: Any) -> TimelineEntry:
    return _entry(row, "joined", _sentences().JOINED)


def _columns(model: Any, *names: str) -> list[Any]:
    return [table_of(model).c[name] for name in names]


def _of_customer(source: TimelineSource, column: Any) -> TimelineSource:
    return _where(source, column == CUSTOMER)


def _where(source: TimelineSource, *conditions: ColumnElement[bool]) -> TimelineSource:
    query = source.query.where(*conditions)
    return TimelineSource(source.kind, source.at, source.key, query, source.read, source.key_type)


def _at_address(source: TimelineSource, address: Any) -> TimelineSource:
    own_address = select(col(Customer.email_key)).where(col(Customer.id) == CUSTOMER)
    return _where(source, address == own_address.scalar_subquery())


def _consent_moment() -> Any:
    """When they said it; when it was read, where the source gives no date."""
    said_at = type_coerce(col(BasisStatement.said_at), BigInteger)
    recorded_at = type_coerce(col(BasisStatement.recorded_at), BigInteger)
    return case((said_at <= microseconds(UNDATED), recorded_at), else_=said_at)


def _event_source() -> TimelineSource:
    source = _source(
        "mail event",
        MailEvent.happened_at,
        col(MailEvent.id),
        _read_mail_event,
        *_columns(MailEvent, "kind", "by_machine", "detail"),
        col(Message.template),
        col(Message.id).label("message"),
    )
    shown = col(MailEvent.kind).not_in([EventKind.ACCEPTED.value, EventKind.DELIVERED.value])
    joined = source.query.join(Message, col(Message.id) == col(MailEvent.message_id))
    with_mail = TimelineSource(source.kind, source.at, source.key, joined, source.read)
    return _where(with_mail, col(Message.customer_id) == CUSTOMER, shown)


def _import_source() -> TimelineSource:
    source = _source(
        "import",
        SuppressionImport.imported_at,
        col(SuppressionImport.id),
        _read_import,
        col(SuppressionImport.file_name),
    )
    of_import = col(ImportedSuppression.import_id) == col(SuppressionImport.id)
    joined = source.query.join(ImportedSuppression, of_import)
    listed = TimelineSource(source.kind, source.at, source.key, joined, source.read)
    return _at_address(listed, col(ImportedSuppression.address))


ORDER_COLUMNS = ("total", "currency", "channel", "counts", "awaits_payment", "source",
                 "external_id")  # fmt: skip
CART_COLUMNS = ("total", "currency", "converted_at", "source", "external_id")
SOURCES: tuple[TimelineSource, ...] = (
    _of_customer(
        _source("order", Order.placed_at, col(Order.id), _read_order,
                *_columns(Order, *ORDER_COLUMNS)),
        col(Order.customer_id),
    ),
    _of_customer(
        _source("cart", Cart.left_at, col(Cart.id), _read_cart, *_columns(Cart, *CART_COLUMNS)),
        col(Cart.customer_id),
    ),
    _of_customer(
        _source("booking", Booking.starts_at, col(Booking.id), _read_booking,
                *_columns(Booking, "status", "source")),
        col(Booking.customer_id),
    ),
    _of_customer(
        _source("answer", Answer.answered_at, col(Answer.id), _read_answer,
                *_columns(Answer, "csat", "nps", "words")),
        col(Answer.customer_id),
    ),
    _of_customer(
        _source("points", PointsEntry.at, col(PointsEntry.id), _read_points,
                *_columns(PointsEntry, "kind", "points")),
        col(PointsEntry.customer_id),
    ),
    _of_customer(
        _source("mail", func.coalesce(Message.settled_at, Message.created_at), col(Message.id),
                _read_mail, *_columns(Message, "state", "reason", "template", "rule"),
                key_type=str),
        col(Message.customer_id),
    ),
    _event_source(),
    _of_customer(
        _source("task", Task.created_at, col(Task.id), _read_task, col(Task.words)),
        col(Task.customer_id),
    ),
    _of_customer(
        _source("task done", Task.done_at, col(Task.id), _read_done_task, col(Task.words)),
        col(Task.customer_id),
    ),
    _where(
        _source("consent", _consent_moment(), col(BasisStatement.id), _read_consent,
                *_columns(BasisStatement, "says", "evidence", "wording", "source")),
        col(BasisStatement.customer_id) == CUSTOMER,
        col(BasisStatement.channel) == EMAIL,
    ),
    _of_customer(
        _source("merge", Merge.at, col(Merge.id), _read_merge, *_columns(Merge, "gone", "why")),
        col(Merge.kept),
    ),
    _at_address(
        _source("suppression", Suppression.since, literal(0), _read_suppression,
                *_columns(Suppression, "reason", "detail")),
        col(Suppression.address),
    ),
    _at_address(
        _source("lifting", Suppression.lifted_at, literal(0), _read_lifting,
                col(Suppression.lifted_because)),
        col(Suppression.address),
    ),
    _import_source(),
    _of_customer(
        _source("joined", Customer.joined_at, col(Customer.id), _read_joined), col(Customer.id)
    ),
)  # fmt: skip
