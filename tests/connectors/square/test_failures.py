"""Each failure of Square becomes a sentence, and no data is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from connectors.square.connector import SquareConnector
from sandbox.cafe import NOW
from sandbox.responses import Fault, json_response
from sandbox.square.records import LOCATION_ID, format_time, location_record
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import UnavailableError
from shop.tables import (
    Basis,
    BasisStatement,
    Booking,
    Identity,
    Order,
    PointsEntry,
    QuarantinedRecord,
    Refund,
    SyncState,
)
from tests.connectors.corner_cafe import hours_later, run_sync, table_rows
from tests.connectors.corner_till import SQUARE_CONFIG, SquareSandbox, small_till
from tests.faults.responses import HtmlPage, TruncatedBody
from tests.faults.square import HttpError, RepeatedPage, invalid_addresses, without_ids


@pytest.fixture
def sandbox() -> SquareSandbox:
    """A sandbox seller with a part of the sales: these tests are about requests."""
    full_till = small_till()
    return SquareSandbox(
        replace(full_till, sales=full_till.sales[:60], events=full_till.events[:50])
    )


@pytest.fixture
def shop(sqlite: Engine) -> Engine:
    """One database is enough: these tests are about responses."""
    return sqlite


def small_pages(sandbox: SquareSandbox, folder: Path) -> SquareConnector:
    return replace(sandbox.connect(folder), page_size=12)


def sync(shop: Engine, connector: SquareConnector, now: datetime = NOW) -> Any:
    return run_sync(shop, connector, name="till", now=now)


@dataclass(frozen=True)
class FixedBody:
    """A response with a body of the test's own."""

    body: Any
    status: int = 200

    async def reply(self, page: Callable[[], Any]) -> Any:
        return json_response(self.body, self.status, {"Location": "https://elsewhere.example/v2"})


def error(category: str, code: str, **details: str) -> dict[str, Any]:
    return {"errors": [{"category": category, "code": code, **details}]}


WRONG = error("INVALID_REQUEST_ERROR", "BAD_REQUEST", detail="No field qery of ana@example.com")
FAILURES: dict[str, tuple[Fault, str]] = {
    "401": (HttpError(401), "does not accept the access token of source till"),
    "an ended token": (
        FixedBody(error("AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")),
        "does not accept the access token of source till",
    ),
    "403": (HttpError(403), "denies access (status 403). Use the production access token"),
    "404": (HttpError(404), "knows no such address (status 404)"),
    "418": (FixedBody({}, 418), "refused to answer (status 418)"),
    "429": (HttpError(429), "asked us to slow down (status 429). Asked 7 times"),
    "429 for an hour": (HttpError(429, 3_600), "slow down (status 429). Asked once"),
    "429 in the body": (
        FixedBody(error("RATE_LIMIT_ERROR", "RATE_LIMITED")),
        "asked us to slow down",
    ),
    "500": (HttpError(500), "it failed (status 500)"),
    "503": (HttpError(503, 2), "it failed (status 503)"),
    "a failure inside": (
        FixedBody(error("API_ERROR", "INTERNAL_SERVER_ERROR")),
        "it failed: INTERNAL_SERVER_ERROR",
    ),
    "half a page": (TruncatedBody(), "its answer broke off half-way"),
    "a web page": (HtmlPage(), "it sent a web page instead of data (status 200)"),
    "a web page with a status": (HtmlPage(503), "it failed (status 503)"),
    "the same page": (RepeatedPage(), "gives the same page again and again"),
    "the same page by other names": (
        RepeatedPage(["A", "B", "A", "B"]),
        "gives the same page again and again",
    ),
    "a refused question": (
        FixedBody(WRONG, 400),
        "does not understand our question: No field qery",
    ),
    "errors in words": (FixedBody({"errors": "Not Found"}), "does not understand our question"),
    "a redirect": (FixedBody({}, 302), "to another address (status 302), which is not followed"),
    "an endless answer": (FixedBody({"customers": "x" * 33 * 1024**2}), "sent more than 32 MB"),
    "a list": (FixedBody([1, 2]), "its answer is not what it promises"),
    "no list": (FixedBody({"customers": {"id": "A"}}), "it sent no customers"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_a_sentence_and_what_was_read_stays(
    name: str, shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    fault, sentence = FAILURES[name]
    sandbox.faults.plan(fault, times=50, after=1, on="customers")
    with pytest.raises(UnavailableError) as raised:
        sync(shop, small_pages(sandbox, tmp_path))
    assert sentence in str(raised.value)
    assert "till" in str(raised.value)
    assert not re.search(rf"{ACCESS_TOKEN}|@", str(raised.value))
    assert raised.value.exit_status == 3
    assert len(table_rows(shop, Identity)) == (24 if name.startswith("the same page") else 12)
    cursors = table_rows(shop, SyncState, "stream", "cursor")
    assert [stream for stream, cursor in cursors if cursor] == ["customers"]

    sandbox.faults.clear()
    if not name.startswith("the same page"):
        report = sync(shop, small_pages(sandbox, tmp_path))
        assert 0 < report.streams["customers"] < len(sandbox.till.customers)
        assert_all_customers_synced(shop, sandbox)


def assert_all_customers_synced(shop: Engine, sandbox: SquareSandbox) -> None:
    synced_ids = {key for (key,) in table_rows(shop, Identity, "external_id")}
    assert {customer.code for customer in sandbox.till.customers} <= synced_ids


@pytest.mark.parametrize("fault", [HttpError(429, 4), HttpError(500), TruncatedBody(), HtmlPage()])
@pytest.mark.parametrize("stream", ["orders", "returns", "accounts", "locations"])
def test_a_passing_failure_is_retried(
    fault: Any, stream: str, shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sandbox.faults.plan(fault, times=3, on=stream)
    sync(shop, sandbox.connect(tmp_path))
    assert len(table_rows(shop, Order)) == len(sandbox.till.sales)
    assert len(sandbox.pauses) == 3
    assert set(sandbox.pauses) == {4.0} or fault != HttpError(429, 4)


def test_a_wrong_token_has_a_sentence_and_is_shown_nowhere(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    connector = sandbox.connect(tmp_path, environ={"SQUARE_ACCESS_TOKEN": "EAAA-wrong"})
    with pytest.raises(UnavailableError, match="does not accept the access token") as raised:
        sync(shop, connector)
    assert "EAAA-wrong" not in f"{raised.value} {connector!r} {SQUARE_CONFIG}"


def test_no_connection_is_a_sentence(shop: Engine, sandbox: SquareSandbox, tmp_path: Path) -> None:
    def unplugged(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    connector = replace(sandbox.connect(tmp_path), transport=httpx.MockTransport(unplugged))
    with pytest.raises(UnavailableError, match=r"no answer came \(ConnectError\)"):
        sync(shop, connector)


def test_a_lost_cursor_restarts_the_sweep(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sandbox.faults.plan(HttpError(403), after=1, on="customers")
    with pytest.raises(UnavailableError):
        sync(shop, small_pages(sandbox, tmp_path))
    sandbox.faults.clear()
    sandbox.faults.plan(HttpError(400, code="INVALID_CURSOR"), on="customers")
    report = sync(shop, small_pages(sandbox, tmp_path))
    assert report.streams["customers"] >= len(sandbox.till.customers)
    assert_all_customers_synced(shop, sandbox)


def test_a_sale_rung_up_offline_arrives_three_days_late(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    template = next(iter(sandbox.seller.orders.values()))
    sold_at, uploaded_at = NOW - timedelta(hours=70), NOW + timedelta(hours=2)
    times = {
        "created_at": format_time(sold_at),
        "closed_at": format_time(sold_at),
        "updated_at": format_time(uploaded_at),
    }
    sandbox.seller.orders["OFFLINE"] = template | times | {"id": "OFFLINE"}
    report = sync(shop, sandbox.connect(tmp_path), now=hours_later(3))
    assert ("OFFLINE", sold_at) in table_rows(shop, Order, "external_id", "placed_at")
    assert report.streams["orders"] <= 3  # the newest ones are read again


def test_only_what_changed_is_asked_for_and_near_bookings_always(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    sandbox.seller.received_requests.clear()
    report = sync(shop, sandbox.connect(tmp_path), now=hours_later(24))
    paths = [path for path, _ in sandbox.seller.received_requests]
    assert paths.count("/v2/bookings") == 5
    assert "/v2/loyalty/accounts/search" not in paths or report.streams["points"]
    now = hours_later(24)
    nearby_bookings = [
        booking
        for booking in sandbox.till.bookings
        if -timedelta(60) <= booking.start_at - now < timedelta(90)
    ]
    assert report.streams["bookings"] == len(nearby_bookings) > 0
    assert report.streams["orders"] < 10 < len(sandbox.till.sales)


def test_a_booking_is_kept_when_its_time_is_over_without_a_change_at_square(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    template = next(iter(sandbox.seller.bookings.values()))
    times = {
        "start_at": format_time(hours_later(2)),
        "updated_at": format_time(hours_later(-48)),
        "status": "ACCEPTED",
    }
    sandbox.seller.bookings["TODAY"] = template | times | {"id": "TODAY"}
    statuses = []
    for hour in (0, 3, 4):
        sync(shop, sandbox.connect(tmp_path), now=hours_later(hour))
        statuses += [
            status
            for key, status in table_rows(shop, Booking, "external_id", "status")
            if key == "TODAY"
        ]
    assert statuses == ["booked", "booked", "kept"]


def test_more_than_ten_locations_are_asked_for_ten_at_a_time(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    kiosks = [location_record(f"M{position:02d}", f"Kiosk {position}") for position in range(11)]
    sandbox.seller.locations |= {kiosk["id"]: kiosk for kiosk in kiosks}
    template = next(iter(sandbox.seller.orders.values()))
    sandbox.seller.orders["KIOSK"] = template | {"id": "KIOSK", "location_id": "M10"}
    sync(shop, small_pages(sandbox, tmp_path))
    groups = {
        tuple(query["location_ids"])
        for path, query in sandbox.seller.received_requests
        if path == "/v2/orders/search"
    }
    assert sorted(map(len, groups)) == [2, 10]
    assert LOCATION_ID in {position for group in groups for position in group}
    assert len(table_rows(shop, Order)) == len(sandbox.till.sales) + 1


def test_a_seller_without_locations_programme_or_refunds_is_read_too(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    seller = sandbox.seller
    seller.locations.clear()
    seller.refunds.clear()
    seller.programme = None
    report = sync(shop, sandbox.connect(tmp_path))
    assert (report.streams["orders"], report.streams["refunds"], report.streams["points"]) == (
        0, 0, 0,
    )  # fmt: skip
    assert table_rows(shop, PointsEntry) == []


def test_hidden_bookings_are_a_warning_and_the_rest_is_read(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sandbox.faults.always(HttpError(403), on="bookings")
    report = sync(shop, sandbox.connect(tmp_path))
    assert "Square shows no bookings to this token" in report.warnings[0]
    assert report.streams["points"] == len(sandbox.till.events)


def test_accounts_that_never_end_are_read_once(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sandbox.faults.always(RepeatedPage(), on="accounts")
    sync(shop, sandbox.connect(tmp_path))
    assert len(table_rows(shop, PointsEntry)) > 0


def test_points_of_a_deleted_account_are_quarantined(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    account_id = sandbox.till.events[0].account
    events = [
        event for event in sandbox.till.events if event.account == account_id and event.points
    ]
    del sandbox.seller.accounts[account_id]
    sync(shop, sandbox.connect(tmp_path))
    aside = table_rows(shop, QuarantinedRecord, "stream", "reason")
    assert aside == [("points", "Its loyalty account is not known.")] * len(events)


def test_records_without_id_or_with_invalid_addresses_are_quarantined(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sandbox.faults.plan(without_ids(every=20), on="orders")
    sandbox.faults.plan(invalid_addresses(every=3), on="customers")
    report = sync(shop, sandbox.connect(tmp_path))
    reasons = {reason for (reason,) in table_rows(shop, QuarantinedRecord, "reason")}
    assert reasons == {"This is no order with an id.", "The e-mail address is none."}
    assert report.quarantined == len(table_rows(shop, QuarantinedRecord))


def test_a_refund_may_come_before_its_order(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    sandbox.faults.plan(FixedBody({}), times=9, on="orders")
    sync(shop, sandbox.connect(tmp_path))
    assert table_rows(shop, Order) == []
    assert len(table_rows(shop, Refund)) > 0


def test_another_currency_is_a_warning(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    report = sync(shop, sandbox.connect(tmp_path, currency="USD"))
    assert report.warnings == ("Square counts in EUR, but currency: in the shop's file says USD.",)


def test_an_opt_out_at_square_is_stored_once_and_stays(
    shop: Engine, sandbox: SquareSandbox, tmp_path: Path
) -> None:
    customers = sandbox.seller.customers
    customer = next(
        candidate
        for candidate in customers.values()
        if candidate["creation_source"] == "EMAIL_COLLECTION"
    )
    states = []
    for hour, unsubscribed in enumerate((False, True, True, False, True)):
        changed = {"updated_at": format_time(hours_later(hour)), "given_name": f"Ana {hour}"}
        preferences = {"email_unsubscribed": unsubscribed}
        customers[customer["id"]] = customer | changed | {"preferences": preferences}
        sync(shop, sandbox.connect(tmp_path), now=hours_later(hour) + timedelta(minutes=1))
        states.append(state_of(shop, customer["id"]))
    assert states == ["yes", "no", "no", "no", "no"]


def state_of(shop: Engine, key: str) -> str:
    [customer] = {
        customer
        for synced_ids, customer in table_rows(shop, Identity, "external_id", "customer_id")
        if synced_ids == key
    }
    [state] = [
        basis_state
        for customer_id, basis_state in table_rows(shop, Basis, "customer_id", "state")
        if customer_id == customer
    ]
    assert table_rows(shop, BasisStatement)
    return str(state)
