"""What the look-alike answers: searching, sorting and paging the café's records."""

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
MOST_LOCATIONS = 10
MOST_DAYS = timedelta(days=31)
MOST_ORDERS, MOST_BATCHED = 1_000, 100
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class RefusedError(Exception):
    """Square's own error; most are about the question."""

    def __init__(self, code: str, detail: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(detail)
        category = "INVALID_REQUEST_ERROR" if status in (400, 404) else "AUTHENTICATION_ERROR"
        self.status = status
        self.error = {"category": category, "code": code, "detail": detail}
        if field:
            self.error["field"] = field


class Seller:
    """The café as one Square account; records may change between two requests."""

    def __init__(self, till: Till) -> None:
        self.now = till.now
        # The questions answered, newest last: the path, and what was asked.
        self.heard: deque[tuple[str, Body]] = deque(maxlen=1_000)
        self.locations: dict[str, Record] = by_id([records.location_record()])
        self.customers = by_id(map(records.customer_record, till.customers))
        self.orders = by_id(map(records.order_record, till.sales))
        self.refunds = by_id(map(records.refund_record, till.refunds))
        self.bookings = by_id(map(records.booking_record, till.bookings))
        self.accounts = by_id(map(records.account_record, till.accounts))
        self.events = by_id(map(records.event_record, till.events))
        self.programme: Record | None = records.programme_record()

    def search_customers(self, asked: Body) -> Body:
        query = asked.get("query") or {}
        found = list(self.customers.values())
        for name, span in (query.get("filter") or {}).items():
            found = [one for one in found if within(one[name], span)]
        order = query.get("sort") or {}
        named = order.get("field", "DEFAULT") == "DEFAULT"
        down = order.get("order") == "DESC"
        ranked = ranks(found, names_of if named else lambda one: one["created_at"], down)
        return self.page("customers", ranked, asked, asked.get("limit", 100))

    def list_locations(self, _asked: Body) -> Body:
        return {"locations": list(self.locations.values())}

    def search_orders(self, asked: Body) -> Body:
        where, limit = asked.get("location_ids") or [], asked.get("limit", 500)
        if not where:
            raise RefusedError("MISSING_REQUIRED_PARAMETER", "Missing.", "location_ids")
        if len(where) > MOST_LOCATIONS:
            raise RefusedError("ARRAY_LENGTH_TOO_LONG", "At most 10 locations.", "location_ids")
        if not 1 <= limit <= MOST_ORDERS:
            raise RefusedError("VALUE_TOO_HIGH", "At most 1000.", "limit")
        query = asked.get("query") or {}
        field, down = self.order_of(query)
        found = [one for one in self.orders.values() if one["location_id"] in where]
        found = [one for one in found if wanted(one, query.get("filter") or {})]
        return self.page("orders", ranks(found, lambda one: one[field], down), asked, limit)

    def order_of(self, query: Body) -> tuple[str, bool]:
        """The sorting: newest first unless asked, and only by the time that is filtered by."""
        order = query.get("sort") or {"sort_field": "CREATED_AT"}
        times = ((query.get("filter") or {}).get("date_time_filter") or {}).keys()
        field = order["sort_field"].lower()
        if times and set(times) != {field}:
            raise RefusedError(
                "BAD_REQUEST", "The sort field must be the one that is filtered by.", "sort_field"
            )
        return field, order.get("sort_order", "DESC") == "DESC"

    def these_orders(self, asked: Body) -> Body:
        if len(asked["order_ids"]) > MOST_BATCHED:
            raise RefusedError("ARRAY_LENGTH_TOO_LONG", "At most 100 orders.", "order_ids")
        found = [self.orders[key] for key in asked["order_ids"] if key in self.orders]
        return {"orders": found} if found else {}

    def list_refunds(self, asked: Body) -> Body:
        year = {"start_at": records.stamp(self.now - timedelta(days=365))}
        changed = span_of(asked, "updated_at_begin_time", "updated_at_end_time")
        made = span_of(asked, "begin_time", "end_time")
        if not changed:
            made = year | made
        found = [one for one in self.refunds.values() if within(one["updated_at"], changed)]
        found = [one for one in found if within(one["created_at"], made)]
        field = asked.get("sort_field", "CREATED_AT").lower()
        ranked = ranks(found, lambda one: one[field], asked.get("sort_order", "DESC") == "DESC")
        return self.page("refunds", ranked, asked, min(asked.get("limit", 100), 100))

    def list_bookings(self, asked: Body) -> Body:
        start = moment(asked["start_at_min"]) if "start_at_min" in asked else self.now
        end = moment(asked["start_at_max"]) if "start_at_max" in asked else start + MOST_DAYS
        if not timedelta() <= end - start <= MOST_DAYS:
            raise RefusedError("INVALID_TIME_RANGE", "At most 31 days.", "start_at_max")
        found = [one for one in self.bookings.values() if start <= moment(one["start_at"]) < end]
        ranked = ranks(found, lambda one: one["start_at"])
        return self.page("bookings", ranked, asked, min(asked.get("limit", 100), 100))

    def loyalty_programme(self, asked: Body) -> Body:
        if self.programme is None or asked["program_id"] not in ("main", self.programme["id"]):
            raise RefusedError("NOT_FOUND", "There is no such program.", "program_id", 404)
        return {"program": self.programme}

    def search_accounts(self, asked: Body) -> Body:
        query = asked.get("query") or {}
        phones = {one.get("phone_number") for one in query.get("mappings") or []}
        found = [
            one
            for one in self.accounts.values()
            if (not phones or one["mapping"]["phone_number"] in phones)
            and ("customer_ids" not in query or one.get("customer_id") in query["customer_ids"])
        ]
        ranked = ranks(found, lambda one: one["created_at"])
        return self.page("loyalty_accounts", ranked, asked, asked.get("limit", 30))

    def search_events(self, asked: Body) -> Body:
        """The newest first, as Square gives them; its only filter here is the time."""
        kept = (asked.get("query") or {}).get("filter") or {}
        span = (kept.get("date_time_filter") or {}).get("created_at") or {}
        found = [one for one in self.events.values() if within(one["created_at"], span)]
        ranked = ranks(found, lambda one: one["created_at"], down=True)
        return self.page("events", ranked, asked, asked.get("limit", 30))

    def page(self, holds: str, ranked: list[Record], asked: Body, limit: int) -> Body:
        """One page; the cursor is only good for the question that it was given to."""
        question = digest({key: value for key, value in asked.items() if key != "cursor"})
        start = position(asked.get("cursor"), question, ranked)
        shown = ranked[start : start + limit]
        body: Body = {holds: shown} if shown else {}
        if start + limit < len(ranked):
            body["cursor"] = written({"after": shown[-1]["id"], "asked": question})
        return body


def by_id(found: Iterable[Record]) -> dict[str, Record]:
    return {one["id"]: one for one in found}


def wanted(order: Record, kept: Body) -> bool:
    states = (kept.get("state_filter") or {}).get("states")
    times = kept.get("date_time_filter") or {}
    return (not states or order["state"] in states) and all(
        name in order and within(order[name], span) for name, span in times.items()
    )


def ranks(found: Iterable[Record], by: Any, down: bool = False) -> list[Record]:
    return sorted(found, key=lambda one: (as_time(by(one)), one["id"]), reverse=down)


def as_time(value: str) -> Any:
    """With and without thousandths, two times are compared as moments and not as text."""
    return moment(value) if value[4:5] == "-" and value.endswith("Z") else value


def names_of(who: Record) -> str:
    return f"{who.get('given_name', '')}{who.get('family_name', '')}"


def span_of(asked: Body, start: str, end: str) -> Body:
    names = {"start_at": start, "end_at": end}
    return {name: asked[given] for name, given in names.items() if given in asked}


def within(value: str, span: Mapping[str, Any] | None) -> bool:
    """The beginning counts, the end does not."""
    span = span or {}
    start = moment(span["start_at"]) if span.get("start_at") else ALWAYS
    end = moment(span["end_at"]) if span.get("end_at") else NEVER
    return start <= moment(value) < end


def moment(value: str) -> datetime:
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        raise RefusedError("INVALID_TIME", f"`{value}` is no time.") from None
    if read.tzinfo is None:
        raise RefusedError("INVALID_TIME", f"`{value}` has no time zone.")
    return read


def position(cursor: str | None, question: str, ranked: list[Record]) -> int:
    """Where to go on; a record that has gone meanwhile ends the cursor's life."""
    if not cursor:
        return 0
    known = read_cursor(cursor)
    places = [place for place, one in enumerate(ranked) if one["id"] == known.get("after")]
    if known.get("asked") != question or not places:
        raise RefusedError("INVALID_CURSOR", "The cursor is not valid for this query.", "cursor")
    return places[0] + 1


def read_cursor(cursor: str) -> dict[str, Any]:
    try:
        read = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error):
        return {}
    return read if isinstance(read, dict) else {}


def written(place: Body) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def digest(question: Body) -> str:
    return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()[:16]
