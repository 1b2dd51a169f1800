"""Whatever goes wrong at Square: a sentence that says what and where, and nothing is lost."""

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

from connectors.square.connector import Square
from sandbox.cafe import NOW
from sandbox.faults import Fault, HalfAPage, WebPage, json
from sandbox.square.faults import Refuses, SamePage, no_such_address, without_ids
from sandbox.square.records import LOCATION, location_record, stamp
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import OutOfReach
from shop.tables import (
    Basis,
    BasisStatement,
    Booking,
    Identity,
    Order,
    PointsEntry,
    Quarantined,
    Refund,
    SyncState,
)
from tests.connectors.corner_cafe import later, rows, run
from tests.connectors.corner_till import AT_THE_TILL, SquareLookAlike, small_till


@pytest.fixture
def look_alike() -> SquareLookAlike:
    """With a part of what was sold: these are about how it is asked."""
    whole = small_till()
    return SquareLookAlike(replace(whole, sales=whole.sales[:60], events=whole.events[:50]))


@pytest.fixture
def shop(sqlite: Engine) -> Engine:
    """These are about the answers of a platform; one database is enough."""
    return sqlite


def small_pages(look_alike: SquareLookAlike, folder: Path) -> Square:
    return replace(look_alike.connect(folder), page_size=12)


def sync(shop: Engine, connector: Square, now: datetime = NOW) -> Any:
    return run(shop, connector, name="till", now=now)


@dataclass(frozen=True)
class Says:
    """A body of the test's own."""

    body: Any
    status: int = 200

    async def reply(self, page: Callable[[], Any]) -> Any:
        return json(self.body, self.status, {"Location": "https://elsewhere.example/v2"})


def error(category: str, code: str, **more: str) -> dict[str, Any]:
    return {"errors": [{"category": category, "code": code, **more}]}


WRONG = error("INVALID_REQUEST_ERROR", "BAD_REQUEST", detail="No field qery of ana@example.com")
TROUBLES: dict[str, tuple[Fault, str]] = {
    "401": (Refuses(401), "does not accept the access token of source till"),
    "an ended token": (
        Says(error("AUTHENTICATION_ERROR", "ACCESS_TOKEN_EXPIRED")),
        "does not accept the access token of source till",
    ),
    "403": (Refuses(403), "denies access (status 403). Use the production access token"),
    "404": (Refuses(404), "knows no such address (status 404)"),
    "418": (Says({}, 418), "refused to answer (status 418)"),
    "429": (Refuses(429), "asked us to slow down (status 429). Asked 7 times"),
    "429 for an hour": (Refuses(429, 3_600), "slow down (status 429). Asked once"),
    "429 in the body": (Says(error("RATE_LIMIT_ERROR", "RATE_LIMITED")), "asked us to slow down"),
    "500": (Refuses(500), "it failed (status 500)"),
    "503": (Refuses(503, 2), "it failed (status 503)"),
    "a failure inside": (
        Says(error("API_ERROR", "INTERNAL_SERVER_ERROR")),
        "it failed: INTERNAL_SERVER_ERROR",
    ),
    "half a page": (HalfAPage(), "its answer broke off half-way"),
    "a web page": (WebPage(), "it sent a web page instead of data (status 200)"),
    "a web page with a status": (WebPage(503), "it failed (status 503)"),
    "the same page": (SamePage(), "gives the same page again and again"),
    "the same page by other names": (
        SamePage(["A", "B", "A", "B"]),
        "gives the same page again and again",
    ),
    "a refused question": (Says(WRONG, 400), "does not understand our question: No field qery"),
    "errors in words": (Says({"errors": "Not Found"}), "does not understand our question"),
    "a redirect": (Says({}, 302), "to another address (status 302), which is not followed"),
    "an endless answer": (Says({"customers": "x" * 33 * 1024**2}), "sent more than 32 MB"),
    "a list": (Says([1, 2]), "its answer is not what it promises"),
    "no list": (Says({"customers": {"id": "A"}}), "it sent no customers"),
}


@pytest.mark.parametrize("name", TROUBLES)
def test_trouble_is_a_sentence_and_what_was_read_stays(
    name: str, shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    fault, sentence = TROUBLES[name]
    look_alike.faults.then(fault, times=50, after=1, on="customers")
    with pytest.raises(OutOfReach) as told:
        sync(shop, small_pages(look_alike, tmp_path))
    assert sentence in str(told.value)
    assert "till" in str(told.value)
    assert not re.search(rf"{ACCESS_TOKEN}|@", str(told.value))
    assert told.value.exit_status == 3
    assert len(rows(shop, Identity)) == (24 if name.startswith("the same page") else 12)
    [(stream, cursor)] = rows(shop, SyncState, "stream", "cursor")
    assert (stream, cursor is None) == ("customers", False)

    look_alike.faults.mend()
    if not name.startswith("the same page"):
        report = sync(shop, small_pages(look_alike, tmp_path))
        assert 0 < report.streams["customers"] < len(look_alike.till.customers)
        assert_all_known(shop, look_alike)


def assert_all_known(shop: Engine, look_alike: SquareLookAlike) -> None:
    known = {key for (key,) in rows(shop, Identity, "external_id")}
    assert {one.code for one in look_alike.till.customers} <= known


@pytest.mark.parametrize("fault", [Refuses(429, 4), Refuses(500), HalfAPage(), WebPage()])
@pytest.mark.parametrize("stream", ["orders", "returns", "accounts", "locations"])
def test_what_passes_is_waited_for(
    fault: Any, stream: str, shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    look_alike.faults.then(fault, times=3, on=stream)
    sync(shop, look_alike.connect(tmp_path))
    assert len(rows(shop, Order)) == len(look_alike.till.sales)
    assert len(look_alike.pauses) == 3
    assert set(look_alike.pauses) == {4.0} or fault != Refuses(429, 4)


def test_a_wrong_token_is_told_and_shown_nowhere(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    connector = look_alike.connect(tmp_path, environ={"SQUARE_ACCESS_TOKEN": "EAAA-wrong"})
    with pytest.raises(OutOfReach, match="does not accept the access token") as told:
        sync(shop, connector)
    assert "EAAA-wrong" not in f"{told.value} {connector!r} {AT_THE_TILL}"


def test_no_connection_is_a_sentence(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    def unplugged(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    connector = replace(look_alike.connect(tmp_path), transport=httpx.MockTransport(unplugged))
    with pytest.raises(OutOfReach, match=r"no answer came \(ConnectError\)"):
        sync(shop, connector)


def test_a_place_that_square_forgot_is_looked_for_from_the_beginning(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    look_alike.faults.then(Refuses(403), after=1, on="customers")
    with pytest.raises(OutOfReach):
        sync(shop, small_pages(look_alike, tmp_path))
    look_alike.faults.mend()
    look_alike.faults.then(Refuses(400, code="INVALID_CURSOR"), on="customers")
    report = sync(shop, small_pages(look_alike, tmp_path))
    assert report.streams["customers"] >= len(look_alike.till.customers)
    assert_all_known(shop, look_alike)


def test_a_sale_rung_up_offline_arrives_three_days_late(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    sync(shop, look_alike.connect(tmp_path))
    like = next(iter(look_alike.seller.orders.values()))
    sold, told = NOW - timedelta(hours=70), NOW + timedelta(hours=2)
    times = {"created_at": stamp(sold), "closed_at": stamp(sold), "updated_at": stamp(told)}
    look_alike.seller.orders["OFFLINE"] = like | times | {"id": "OFFLINE"}
    report = sync(shop, look_alike.connect(tmp_path), now=later(3))
    assert ("OFFLINE", sold) in rows(shop, Order, "external_id", "placed_at")
    assert report.streams["orders"] == 1


def test_only_what_changed_is_asked_for_and_near_bookings_always(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    sync(shop, look_alike.connect(tmp_path))
    look_alike.seller.heard.clear()
    report = sync(shop, look_alike.connect(tmp_path), now=later(24))
    asked = [path for path, _ in look_alike.seller.heard]
    assert asked.count("/v2/bookings") == 5
    assert "/v2/loyalty/accounts/search" not in asked or report.streams["points"]
    now = later(24)
    near = [
        one
        for one in look_alike.till.bookings
        if -timedelta(60) <= one.start_at - now < timedelta(90)
    ]
    assert report.streams["bookings"] == len(near) > 0
    assert report.streams["orders"] < 10 < len(look_alike.till.sales)


def test_a_booking_is_kept_when_its_time_is_over_without_a_change_at_square(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    like = next(iter(look_alike.seller.bookings.values()))
    times = {"start_at": stamp(later(2)), "updated_at": stamp(later(-48)), "status": "ACCEPTED"}
    look_alike.seller.bookings["TODAY"] = like | times | {"id": "TODAY"}
    seen = []
    for hour in (0, 3, 4):
        sync(shop, look_alike.connect(tmp_path), now=later(hour))
        seen += [
            status for key, status in rows(shop, Booking, "external_id", "status") if key == "TODAY"
        ]
    assert seen == ["booked", "booked", "kept"]


def test_more_than_ten_locations_are_asked_for_ten_at_a_time(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    others = [location_record(f"M{place:02d}", f"Kiosk {place}") for place in range(11)]
    look_alike.seller.locations |= {one["id"]: one for one in others}
    like = next(iter(look_alike.seller.orders.values()))
    look_alike.seller.orders["KIOSK"] = like | {"id": "KIOSK", "location_id": "M10"}
    sync(shop, small_pages(look_alike, tmp_path))
    groups = {
        tuple(asked["location_ids"])
        for path, asked in look_alike.seller.heard
        if path == "/v2/orders/search"
    }
    assert sorted(map(len, groups)) == [2, 10]
    assert LOCATION in {place for group in groups for place in group}
    assert len(rows(shop, Order)) == len(look_alike.till.sales) + 1


def test_a_seller_without_locations_programme_or_refunds_is_read_too(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    seller = look_alike.seller
    seller.locations.clear()
    seller.refunds.clear()
    seller.programme = None
    report = sync(shop, look_alike.connect(tmp_path))
    assert (report.streams["orders"], report.streams["refunds"], report.streams["points"]) == (
        0, 0, 0,
    )  # fmt: skip
    assert rows(shop, PointsEntry) == []


def test_bookings_that_are_hidden_are_told_and_the_rest_is_read(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    look_alike.faults.always(Refuses(403), on="bookings")
    report = sync(shop, look_alike.connect(tmp_path))
    assert "Square shows no bookings to this token" in report.warnings[0]
    assert report.streams["points"] == len(look_alike.till.events)


def test_accounts_that_never_end_are_read_once(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    look_alike.faults.always(SamePage(), on="accounts")
    sync(shop, look_alike.connect(tmp_path))
    assert len(rows(shop, PointsEntry)) > 0


def test_points_of_an_account_that_is_gone_are_put_aside(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    gone = look_alike.till.events[0].account
    theirs = [one for one in look_alike.till.events if one.account == gone and one.points]
    del look_alike.seller.accounts[gone]
    sync(shop, look_alike.connect(tmp_path))
    aside = rows(shop, Quarantined, "stream", "reason")
    assert aside == [("points", "Its loyalty account is not known.")] * len(theirs)


def test_records_without_an_id_and_wrong_addresses_are_put_aside(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    look_alike.faults.then(without_ids(every=20), on="orders")
    look_alike.faults.then(no_such_address(every=3), on="customers")
    report = sync(shop, look_alike.connect(tmp_path))
    reasons = {reason for (reason,) in rows(shop, Quarantined, "reason")}
    assert reasons == {"This is no order with an id.", "The e-mail address is none."}
    assert report.quarantined == len(rows(shop, Quarantined))


def test_a_refund_may_come_before_its_order(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    look_alike.faults.then(Says({}), times=9, on="orders")
    sync(shop, look_alike.connect(tmp_path))
    assert rows(shop, Order) == []
    assert len(rows(shop, Refund)) > 0


def test_another_currency_is_told(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    report = sync(shop, look_alike.connect(tmp_path, currency="USD"))
    assert report.warnings == ("Square counts in EUR, but currency: in the shop's file says USD.",)


def test_a_no_at_square_is_noted_once_and_its_silence_says_nothing(
    shop: Engine, look_alike: SquareLookAlike, tmp_path: Path
) -> None:
    people = look_alike.seller.customers
    who = next(one for one in people.values() if one["creation_source"] == "EMAIL_COLLECTION")
    states = []
    for hour, unsubscribed in enumerate((False, True, True, False, True)):
        changed = {"updated_at": stamp(later(hour)), "given_name": f"Ana {hour}"}
        preferences = {"email_unsubscribed": unsubscribed}
        people[who["id"]] = who | changed | {"preferences": preferences}
        sync(shop, look_alike.connect(tmp_path), now=later(hour) + timedelta(minutes=1))
        states.append(state_of(shop, who["id"]))
    assert states == ["yes", "no", "no", "no", "no"]


def state_of(shop: Engine, key: str) -> str:
    [customer] = {
        customer
        for known, customer in rows(shop, Identity, "external_id", "customer_id")
        if known == key
    }
    [state] = [found for who, found in rows(shop, Basis, "customer_id", "state") if who == customer]
    assert rows(shop, BasisStatement)
    return str(state)
