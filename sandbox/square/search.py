"""Searches, sorts and pages the till's records as Square does."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.square import records
from sandbox.square.records import Record
from sandbox.till import Till

Body = dict[str, Any]
MAX_LOCATIONS = 10
MAX_BOOKING_RANGE = timedelta(days=31)
MAX_ORDERS, MAX_BATCH = 1_000, 100
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 1, 1, tzinfo=UTC)


class SquareError(Exception):
    """An error response of Square."""

    def __init__(self, code: str, detail: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(detail)
        category = "INVALID_REQUEST_ERROR" if status in (400, 404) else "AUTHENTICATION_ERROR"
        self.status = status
        self.error = {"category": category, "code": code, "detail": detail}
        if field:
            self.error["field"] = field


class Seller:
    """The café as one Square account; its records can change between requests."""

    def __init__(self, till: Till) -> None:
        self.now = till.now
        # Received requests, newest last: their path and arguments.
        self.received_requests: deque[tuple[str, Body]] = deque(maxlen=1_000)
        self.locations: dict[str, Record] = by_id([records.location_record()])
        self.customers = by_id(map(records.customer_record, till.customers))
        self.orders = by_id(map(records.order_record, till.sales))
        self.refunds = by_id(map(records.refund_record, till.refunds))
        self.bookings = by_id(map(records.booking_record, till.bookings))
        self.accounts = by_id(map(records.account_record, till.accounts))
        self.events = by_id(map(records.event_record, till.events))
        self.programme: Record | None = records.programme_record()

    def search_customers(self, request: Body) -> Body:
        """Return a page of customers, filtered by time and sorted as `request` says."""
        query = request.get("query") or {}
        customers = list(self.customers.values())
        for name, span in (query.get("filter") or {}).items():
            customers = [customer for customer in customers if in_range(customer[name], span)]
        order = query.get("sort") or {}
        by_name = order.get("field", "DEFAULT") == "DEFAULT"
        descending = order.get("order") == "DESC"
        ordered = sort_records(
            customers, full_name if by_name else lambda customer: customer["created_at"], descending
        )
        return self.page("customers", ordered, request, request.get("limit", 100))

    def list_locations(self, _request: Body) -> Body:
        return {"locations": list(self.locations.values())}

    def search_orders(self, request: Body) -> Body:
        """Return a page of orders of the locations in `request`, or raise SquareError."""
        location_ids, limit = request.get("location_ids") or [], request.get("limit", 500)
        if not location_ids:
            raise SquareError("MISSING_REQUIRED_PARAMETER", "Missing.", "location_ids")
        if len(location_ids) > MAX_LOCATIONS:
            raise SquareError("ARRAY_LENGTH_TOO_LONG", "At most 10 locations.", "location_ids")
        if not 1 <= limit <= MAX_ORDERS:
            raise SquareError("VALUE_TOO_HIGH", "At most 1000.", "limit")
        query = request.get("query") or {}
        field, descending = self.sort_order(query)
        orders = [order for order in self.orders.values() if order["location_id"] in location_ids]
        orders = [order for order in orders if matches_filter(order, query.get("filter") or {})]
        return self.page(
            "orders", sort_records(orders, lambda order: order[field], descending), request, limit
        )

    def sort_order(self, query: Body) -> tuple[str, bool]:
        """Return the sort field and whether it descends; it must be the filtered time."""
        order = query.get("sort") or {"sort_field": "CREATED_AT"}
        times = ((query.get("filter") or {}).get("date_time_filter") or {}).keys()
        field = order["sort_field"].lower()
        if times and set(times) != {field}:
            raise SquareError(
                "BAD_REQUEST", "The sort field must be the one that is filtered by.", "sort_field"
            )
        return field, order.get("sort_order", "DESC") == "DESC"

    def retrieve_orders(self, request: Body) -> Body:
        if len(request["order_ids"]) > MAX_BATCH:
            raise SquareError("ARRAY_LENGTH_TOO_LONG", "At most 100 orders.", "order_ids")
        orders = [self.orders[key] for key in request["order_ids"] if key in self.orders]
        return {"orders": orders} if orders else {}

    def list_refunds(self, request: Body) -> Body:
        """Return a page of refunds; those of the last year unless `request` says otherwise."""
        year = {"start_at": records.format_time(self.now - timedelta(days=365))}
        updated_range = time_range(request, "updated_at_begin_time", "updated_at_end_time")
        created_range = time_range(request, "begin_time", "end_time")
        if not updated_range:
            created_range = year | created_range
        refunds = [
            refund
            for refund in self.refunds.values()
            if in_range(refund["updated_at"], updated_range)
        ]
        refunds = [refund for refund in refunds if in_range(refund["created_at"], created_range)]
        field = request.get("sort_field", "CREATED_AT").lower()
        ordered = sort_records(
            refunds, lambda refund: refund[field], request.get("sort_order", "DESC") == "DESC"
        )
        return self.page("refunds", ordered, request, min(request.get("limit", 100), 100))

    def list_bookings(self, request: Body) -> Body:
        """Return a page of bookings in at most 31 days; SquareError for a longer range."""
        start = parse_time(request["start_at_min"]) if "start_at_min" in request else self.now
        end = (
            parse_time(request["start_at_max"])
            if "start_at_max" in request
            else start + MAX_BOOKING_RANGE
        )
        if not timedelta() <= end - start <= MAX_BOOKING_RANGE:
            raise SquareError("INVALID_TIME_RANGE", "At most 31 days.", "start_at_max")
        bookings = [
            booking
            for booking in self.bookings.values()
            if start <= parse_time(booking["start_at"]) < end
        ]
        ordered = sort_records(bookings, lambda booking: booking["start_at"])
        return self.page("bookings", ordered, request, min(request.get("limit", 100), 100))

    def loyalty_programme(self, request: Body) -> Body:
        if self.programme is None or request["program_id"] not in ("main", self.programme["id"]):
            raise SquareError("NOT_FOUND", "There is no such program.", "program_id", 404)
        return {"program": self.programme}

    def search_accounts(self, request: Body) -> Body:
        """Return a page of loyalty accounts, filtered by phone or customer id."""
        query = request.get("query") or {}
        phones = {account.get("phone_number") for account in query.get("mappings") or []}
        accounts = [
            account
            for account in self.accounts.values()
            if (not phones or account["mapping"]["phone_number"] in phones)
            and ("customer_ids" not in query or account.get("customer_id") in query["customer_ids"])
        ]
        ordered = sort_records(accounts, lambda account: account["created_at"])
        return self.page("loyalty_accounts", ordered, request, request.get("limit", 30))

    def search_events(self, request: Body) -> Body:
        """Return a page of loyalty events, newest first; the only filter is the time."""
        filters = (request.get("query") or {}).get("filter") or {}
        span = (filters.get("date_time_filter") or {}).get("created_at") or {}
        events = [event for event in self.events.values() if in_range(event["created_at"], span)]
        ordered = sort_records(events, lambda event: event["created_at"], descending=True)
        return self.page("events", ordered, request, request.get("limit", 30))

    def page(self, key: str, ordered: list[Record], request: Body, limit: int) -> Body:
        """Return one page under `key`; its cursor is valid for the same `request` only."""
        digest = query_digest(
            {name: argument for name, argument in request.items() if name != "cursor"}
        )
        start = page_start(request.get("cursor"), digest, ordered)
        page_records = ordered[start : start + limit]
        body: Body = {key: page_records} if page_records else {}
        if start + limit < len(ordered):
            body["cursor"] = write_cursor({"after": page_records[-1]["id"], "asked": digest})
        return body


def by_id(records: Iterable[Record]) -> dict[str, Record]:
    return {record["id"]: record for record in records}


def matches_filter(order: Record, filters: Body) -> bool:
    states = (filters.get("state_filter") or {}).get("states")
    times = filters.get("date_time_filter") or {}
    return (not states or order["state"] in states) and all(
        name in order and in_range(order[name], span) for name, span in times.items()
    )


def sort_records(
    records: Iterable[Record], sort_key: Any, descending: bool = False
) -> list[Record]:
    return sorted(
        records,
        key=lambda record: (to_comparable(sort_key(record)), record["id"]),
        reverse=descending,
    )


def to_comparable(value: str) -> Any:
    """Return a sort key: times are compared as times, with or without milliseconds."""
    return parse_time(value) if value[4:5] == "-" and value.endswith("Z") else value


def full_name(customer: Record) -> str:
    return f"{customer.get('given_name', '')}{customer.get('family_name', '')}"


def time_range(request: Body, start_parameter: str, end_parameter: str) -> Body:
    names = {"start_at": start_parameter, "end_at": end_parameter}
    return {name: request[parameter] for name, parameter in names.items() if parameter in request}


def in_range(value: str, span: Mapping[str, Any] | None) -> bool:
    """Return whether the time `value` is in `span`, start included and end excluded."""
    span = span or {}
    start = parse_time(span["start_at"]) if span.get("start_at") else EARLIEST
    end = parse_time(span["end_at"]) if span.get("end_at") else LATEST
    return start <= parse_time(value) < end


def parse_time(value: str) -> datetime:
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        raise SquareError("INVALID_TIME", f"`{value}` is no time.") from None
    if time.tzinfo is None:
        raise SquareError("INVALID_TIME", f"`{value}` has no time zone.")
    return time


def page_start(cursor: str | None, digest: str, ordered: list[Record]) -> int:
    """Return the index after `cursor`; raises SquareError if its record no longer exists."""
    if not cursor:
        return 0
    position = read_cursor(cursor)
    indexes = [
        index for index, record in enumerate(ordered) if record["id"] == position.get("after")
    ]
    if position.get("asked") != digest or not indexes:
        raise SquareError("INVALID_CURSOR", "The cursor is not valid for this query.", "cursor")
    return indexes[0] + 1


def read_cursor(cursor: str) -> dict[str, Any]:
    try:
        position = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error):
        return {}
    return position if isinstance(position, dict) else {}


def write_cursor(position: Body) -> str:
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode()


def query_digest(request: Body) -> str:
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()[:16]
