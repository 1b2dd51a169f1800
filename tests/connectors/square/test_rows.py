"""Square's records as rows; no record makes the parser raise."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlmodel import col

from connectors.square import loyalty_rows, rows
from connectors.stream import ParsedRecord, ParseRecord
from shop.consent.basis import UNDATED
from shop.db.engine import write_transaction
from shop.ingest.source_rows import ingest_rows
from shop.tables import Basis, Customer
from shop.types.moment import microseconds
from tests.examples import examples

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
BUSY = datetime(2026, 2, 27, 8, tzinfo=UTC)
EUR_12_50 = {"amount": 1_250, "currency": "EUR"}
CLARA: dict[str, Any] = {
    "id": "CLARA0001",
    "created_at": "2025-01-02T10:00:00Z",
    "updated_at": "2026-03-01T09:30:00.000Z",
    "given_name": "Clara",
    "family_name": "Sousa",
    "email_address": "Clara@Example.com",
    "phone_number": "+351 910 000 000",
    "birthday": "0000-09-21",
    "preferences": {"email_unsubscribed": False},
    "creation_source": "EMAIL_COLLECTION",
}
BREAKFAST: dict[str, Any] = {
    "id": "SALE0501",
    "location_id": "L1",
    "source": {"name": "Square Point of Sale"},
    "customer_id": "CLARA0001",
    "line_items": [
        {
            "name": "Galão",
            "variation_name": "Large",
            "quantity": "2",
            "catalog_object_id": "GALAO",
            "total_money": {"amount": 380, "currency": "EUR"},
        }
    ],
    "created_at": "2026-02-27T07:55:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
    "closed_at": "2026-02-27T08:00:00Z",
    "state": "COMPLETED",
    "total_money": EUR_12_50,
}
RETURNED: dict[str, Any] = {
    "id": "PAY_REFUND",
    "status": "COMPLETED",
    "amount_money": EUR_12_50,
    "order_id": "RETURN01",
    "sold_in": "SALE0501",
    "created_at": "2026-02-27T08:00:00Z",
    "updated_at": "2026-03-01T09:30:00Z",
}
BRUNCH: dict[str, Any] = {
    "id": "BOOKING1",
    "status": "ACCEPTED",
    "created_at": "2026-02-01T08:00:00Z",
    "updated_at": "2026-02-01T08:00:00Z",
    "start_at": "2026-03-01T08:00:00Z",
    "customer_id": "CLARA0001",
    "appointment_segments": [{"duration_minutes": 60}, {"duration_minutes": 30}],
}
ACCOUNT = {
    "id": "ACCOUNT1",
    "customer_id": "CLARA0001",
    "created_at": "2025-01-02T10:00:00Z",
    "mapping": {"phone_number": "+351910000000"},
}
EARNED: dict[str, Any] = {
    "id": "EVENT1",
    "type": "ACCUMULATE_POINTS",
    "created_at": "2026-02-27T08:00:00Z",
    "loyalty_account_id": "ACCOUNT1",
    "accumulate_points": {"points": 12, "order_id": "SALE0501"},
    "account": ACCOUNT,
    "lasts": "P12M",
    "zone": "Europe/Lisbon",
}
read_customer = rows.reader(rows.customer, "till", "customer")
read_order = rows.reader(rows.order, "till", "order")
read_refund = rows.reader(rows.refund, "till", "refund")
read_booking = rows.reader(rows.booking, "till", "booking")
read_event = rows.reader(loyalty_rows.points, "till", "loyalty event")
# By Square's name of the list; its events come without their accounts.
READERS: dict[str, ParseRecord] = {
    "customers": read_customer,
    "orders": read_order,
    "refunds": read_refund,
    "bookings": read_booking,
    "events": lambda event, at: read_event({**event, "account": ACCOUNT}, at),
}


def changed(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**record, **changes}


def test_a_customer_becomes_an_identity() -> None:
    [row] = read_customer(CLARA, NOW).rows.identities
    assert row == {
        "source": "till", "external_id": "CLARA0001",
        "email": "Clara@example.com", "email_key": "clara@example.com",
        "phone": "+351 910 000 000", "first_name": "Clara", "last_name": "Sousa",
        "language": None, "birthday": "--09-21", "tags": "[]",
        "joined_at": datetime(2025, 1, 2, 10, tzinfo=UTC), "version": microseconds(MARCH),
        "reports_address": True,
    }  # fmt: skip


JOINED = datetime(2025, 1, 2, 10, tzinfo=UTC)
SAYS: dict[str, tuple[dict[str, Any], list[tuple[str, datetime]]]] = {
    "asked for mail": ({}, [("yes", JOINED)]),
    "asked, then unsubscribed": (
        {"preferences": {"email_unsubscribed": True}},
        [("yes", JOINED), ("no", UNDATED)],
    ),
    "asked, no date": ({"created_at": None}, [("yes", UNDATED)]),
    "asked, in time to come": ({"created_at": "2030-01-01T00:00:00Z"}, [("yes", UNDATED)]),
    "asked, without an address": ({"email_address": None}, [("none", UNDATED)]),
    "not unsubscribed is no yes": ({"creation_source": "DIRECTORY"}, [("none", UNDATED)]),
    "nothing said": ({"creation_source": None, "preferences": None}, [("none", UNDATED)]),
    "marketing is no yes": ({"creation_source": "MARKETING"}, [("none", UNDATED)]),
    "unsubscribed": (
        {"creation_source": "LOYALTY", "preferences": {"email_unsubscribed": True}},
        [("no", UNDATED)],
    ),
    "an odd flag": (
        {"creation_source": "LOYALTY", "preferences": {"email_unsubscribed": "true"}},
        [("none", UNDATED)],
    ),
}


@pytest.mark.parametrize("name", SAYS)
def test_consent_values(name: str) -> None:
    changes, expected = SAYS[name]
    statements = read_customer(changed(CLARA, **changes), NOW).rows.statements
    assert [(statement["says"], statement["said_at"]) for statement in statements] == expected
    assert all(
        statement["recorded_at"] == NOW and "Square" in statement["evidence"]
        for statement in statements
    )


def test_the_evidence_is_squares_own_word() -> None:
    parsed = read_customer(changed(CLARA, preferences={"email_unsubscribed": True}), NOW)
    evidence = [statement["evidence"] for statement in parsed.rows.statements]
    assert evidence == ["Square EMAIL_COLLECTION", "Square email_unsubscribed"]


@pytest.mark.parametrize(
    ("written_birthday", "birthday", "faults"),
    [
        ("0000-09-21", "--09-21", 0),
        ("0000-02-29", "--02-29", 0),
        ("1990-09-21", "1990-09-21", 0),
        ("1990-02-29", None, 1),
        ("0000-13-01", None, 1),
        ("soon", None, 1),
        (None, None, 0),
    ],
)
def test_birthdays(written_birthday: str | None, birthday: str | None, faults: int) -> None:
    parsed = read_customer(changed(CLARA, birthday=written_birthday), NOW)
    assert parsed.rows.identities[0]["birthday"] == birthday
    assert len(parsed.errors) == faults


def test_an_order_becomes_a_visit_with_its_lines() -> None:
    parsed = read_order(BREAKFAST, NOW)
    [row], [line] = parsed.rows.orders, parsed.rows.order_lines
    assert row == {
        "source": "till", "external_id": "SALE0501", "customer_source": "till",
        "customer_key": "CLARA0001", "placed_at": BUSY, "total": 1_250, "currency": "EUR",
        "channel": "till", "counts": True, "counts_from": None, "awaits_payment": False,
        "version": microseconds(MARCH),
    }  # fmt: skip
    assert line == {
        "source": "till", "order_key": "SALE0501", "position": 0, "title": "Galão (Large)",
        "product_key": "GALAO", "quantity": 2, "total": 380, "version": microseconds(MARCH),
    }  # fmt: skip


PAID = [{"id": "T", "type": "CARD"}]
NOTHING_DUE = {"amount": 0, "currency": "EUR"}
COUNTS: dict[str, tuple[dict[str, Any], bool]] = {
    "completed": ({}, True),
    "cancelled": ({"state": "CANCELED"}, False),
    "a draft": ({"state": "DRAFT"}, False),
    "an open ticket": ({"state": "OPEN", "net_amount_due_money": EUR_12_50}, False),
    "open and paid": (
        {"state": "OPEN", "tenders": PAID, "net_amount_due_money": NOTHING_DUE},
        True,
    ),
    "open, nothing ever asked": ({"state": "OPEN", "net_amount_due_money": NOTHING_DUE}, False),
    "open, its card refused": (
        {
            "state": "OPEN",
            "tenders": [PAID[0] | {"card_details": {"status": "FAILED"}}],
            "net_amount_due_money": NOTHING_DUE,
        },
        False,
    ),
    "completed, money still due": ({"net_amount_due_money": EUR_12_50}, False),
    "completed, its payment voided": (
        {"tenders": [PAID[0] | {"card_details": {"status": "VOIDED"}}]},
        False,
    ),
    "completed, money reserved": (
        {"tenders": [PAID[0] | {"card_details": {"status": "AUTHORIZED"}}]},
        True,
    ),
    "nothing ordered": ({"line_items": None, "total_money": NOTHING_DUE}, False),
    "none of anything": (
        {"line_items": [{"name": "Galão", "quantity": "0"}], "total_money": NOTHING_DUE},
        False,
    ),
    "on the house": ({"total_money": NOTHING_DUE}, True),
    "an amount keyed in": ({"line_items": None}, True),
    "no state": ({"state": None}, False),
    "only brought back": (
        {"line_items": None, "returns": [{"source_order_id": "A"}], "total_money": NOTHING_DUE},
        False,
    ),
    "an exchange": ({"returns": [{"source_order_id": "A"}]}, True),
}


@pytest.mark.parametrize("name", COUNTS)
def test_which_orders_count(name: str) -> None:
    changes, counts = COUNTS[name]
    assert read_order(changed(BREAKFAST, **changes), NOW).rows.orders[0]["counts"] is counts


@pytest.mark.parametrize(
    ("changes", "channel"),
    [
        ({}, "till"),
        ({"source": None}, "till"),
        ({"source": {"name": "Square Online"}}, "online"),
        ({"source": {"name": "Our web shop"}}, "online"),
        ({"source": {"name": 7}}, "till"),
        ({"fulfillments": [{"type": "SHIPMENT"}]}, "online"),
    ],
)
def test_till_or_online(changes: dict[str, Any], channel: str) -> None:
    assert read_order(changed(BREAKFAST, **changes), NOW).rows.orders[0]["channel"] == channel


def test_a_sale_without_an_end_was_when_it_was_begun_and_may_be_named_by_its_payment() -> None:
    changes = {"closed_at": None, "customer_id": None, "tenders": [{"customer_id": "CLARA0001"}]}
    [row] = read_order(changed(BREAKFAST, **changes), NOW).rows.orders
    assert row["placed_at"] == datetime(2026, 2, 27, 7, 55, tzinfo=UTC)
    assert row["customer_key"] == "CLARA0001"


@pytest.mark.parametrize(
    ("line", "title", "quantity"),
    [
        ({"name": "Galão", "variation_name": "Regular", "quantity": "1"}, "Galão", 1),
        ({"name": None, "variation_name": "Small", "quantity": "3"}, "Small", 3),
        ({"name": None, "quantity": "0.350"}, "?", 1),
        ({"name": "Beans", "quantity": "2.5"}, "Beans", 3),
        ({"name": "Beans", "quantity": "NaN"}, "Beans", 0),
        ({"name": "Beans", "quantity": "-1"}, "Beans", 0),
        ({"name": "Beans", "quantity": "9" * 400}, "Beans", 1_000_000_000),
        ({"name": "Beans", "quantity": 3}, "Beans", 0),
    ],
)
def test_lines(line: dict[str, Any], title: str, quantity: int) -> None:
    [row] = read_order(changed(BREAKFAST, line_items=[line]), NOW).rows.order_lines
    assert (row["title"], row["quantity"], row["total"]) == (title, quantity, 0)


def test_a_refund_is_of_the_order_in_which_it_was_sold() -> None:
    assert read_refund(RETURNED, NOW).rows.refunds == [{
        "source": "till", "external_id": "PAY_REFUND", "order_key": "SALE0501",
        "refunded_at": BUSY, "total": 1_250, "version": microseconds(MARCH),
    }]  # fmt: skip
    unknown = read_refund(changed(RETURNED, sold_in=None), NOW)
    assert unknown.rows.refunds[0]["order_key"] == "RETURN01"


@pytest.mark.parametrize(
    "changes",
    [{"status": "PENDING"}, {"status": "FAILED"}, {"status": "REJECTED"}, {"unlinked": True}],
)
def test_money_that_did_not_go_back_is_no_refund(changes: dict[str, Any]) -> None:
    parsed = read_refund(changed(RETURNED, **changes), NOW)
    assert (parsed.rows.refunds, parsed.errors) == ([], ())


def test_a_refund_of_no_order_is_quarantined() -> None:
    parsed = read_refund(changed(RETURNED, sold_in=None, order_id=None), NOW)
    assert (parsed.rows.refunds, parsed.errors) == ([], ("It names no order.",))


START = datetime(2026, 3, 1, 8, tzinfo=UTC)
END = START + timedelta(minutes=90)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("status", "read_at", "expected"),
    [
        ("PENDING", START - SECOND, "booked"),
        ("PENDING", END, "booked"),
        ("ACCEPTED", START, "booked"),
        ("ACCEPTED", END - SECOND, "booked"),
        ("ACCEPTED", END, "kept"),
        ("NO_SHOW", END, "missed"),
        ("CANCELLED_BY_CUSTOMER", START, "cancelled"),
        ("CANCELLED_BY_SELLER", END, "cancelled"),
        ("DECLINED", START, "cancelled"),
    ],
)
def test_a_booking_is_kept_once_its_time_is_over(
    status: str, read_at: datetime, expected: str
) -> None:
    [row] = read_booking(changed(BRUNCH, status=status), read_at).rows.bookings
    assert (row["status"], row["starts_at"], row["customer_key"]) == (expected, START, "CLARA0001")


def test_a_booking_is_kept_after_its_end_and_a_later_status_wins() -> None:
    def version(read_at: datetime, **changes: Any) -> int:
        [row] = read_booking(changed(BRUNCH, **changes), read_at).rows.bookings
        return int(row["version"])

    before, after = version(START), version(END)
    missed = version(END + SECOND, status="NO_SHOW", updated_at="2026-03-01T08:10:00Z")
    assert before < after < missed
    # An older copy that arrives again does not replace the missed booking.
    assert version(END + timedelta(days=9)) == after
    assert after == version(END + timedelta(days=30))


def test_an_unknown_status_is_quarantined() -> None:
    parsed = read_booking(changed(BRUNCH, status="DREAMT"), NOW)
    assert (parsed.rows.bookings, parsed.errors) == ([], ("Its status is none that is known.",))


EVENTS: list[tuple[str, str, int, str, int]] = [
    ("ACCUMULATE_POINTS", "accumulate_points", 12, "earned", 12),
    ("ACCUMULATE_PROMOTION_POINTS", "accumulate_promotion_points", 10, "earned", 10),
    ("CREATE_REWARD", "create_reward", -50, "spent", -50),
    ("CREATE_REWARD", "create_reward", 50, "spent", -50),
    ("DELETE_REWARD", "delete_reward", 50, "reversed", 50),
    ("EXPIRE_POINTS", "expire_points", -7, "expired", -7),
    ("EXPIRE_POINTS", "expire_points", 7, "expired", -7),
    ("ADJUST_POINTS", "adjust_points", -3, "adjusted", -3),
    ("ADJUST_POINTS", "adjust_points", 5, "adjusted", 5),
    ("OTHER", "other_event", -4, "adjusted", -4),
]


@pytest.mark.parametrize(("event", "part", "points", "kind", "expected"), EVENTS)
def test_events_become_points(event: str, part: str, points: int, kind: str, expected: int) -> None:
    record = changed(EARNED, type=event, **{part: {"points": points}})
    [row] = read_event(record, NOW).rows.points
    assert (row["kind"], row["points"], row["at"]) == (kind, expected, BUSY)
    assert row["version"] == microseconds(BUSY)


def test_earned_points_name_their_order_and_their_end() -> None:
    [row] = read_event(EARNED, NOW).rows.points
    assert (row["customer_key"], row["order_source"], row["order_key"]) == (
        "CLARA0001", "till", "SALE0501",
    )  # fmt: skip
    assert row["expires_at"] == datetime(2027, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("created_at", "duration", "zone", "ends"),
    [
        ("2020-07-06T12:00:00Z", "P12M", "America/New_York", "2021-08-01T00:00:00-04:00"),
        ("2026-12-31T23:59:59Z", "P1M", "Europe/Lisbon", "2027-02-01T00:00:00+00:00"),
        ("2026-11-30T23:59:59Z", "P1M", "Asia/Tokyo", "2027-02-01T00:00:00+09:00"),
        ("2026-06-01T00:00:00Z", "P1Y", "Europe/Lisbon", "2027-07-01T00:00:00+01:00"),
        ("2026-06-01T00:00:00Z", None, "Europe/Lisbon", None),
        ("2026-06-01T00:00:00Z", "a while", "Europe/Lisbon", None),
        ("2026-06-01T00:00:00Z", "P1M", "Atlantis", "2026-08-01T00:00:00+00:00"),
    ],
)
def test_points_last_through_the_month_that_the_programme_names(
    created_at: str, duration: str | None, zone: str, ends: str | None
) -> None:
    event = changed(EARNED, created_at=created_at, lasts=duration, zone=zone)
    [row] = read_event(event, NOW + timedelta(days=365)).rows.points
    assert row["expires_at"] == (ends and datetime.fromisoformat(ends))


def test_a_reward_that_is_handed_over_moves_no_points() -> None:
    parsed = read_event(changed(EARNED, type="REDEEM_REWARD", redeem_reward={}), NOW)
    assert (parsed.rows.points, parsed.errors) == ([], ())


def test_an_account_with_only_a_phone_number_is_an_identity() -> None:
    parsed = read_event(changed(EARNED, account=changed(ACCOUNT, customer_id=None)), NOW)
    [identity], [row] = parsed.rows.identities, parsed.rows.points
    assert (identity["external_id"], identity["phone"]) == ("loyalty:ACCOUNT1", "+351910000000")
    assert row["customer_key"] == "loyalty:ACCOUNT1"
    of_directory = read_customer(CLARA, NOW).rows.identities[0]
    assert identity.keys() == of_directory.keys() - {"reports_address"}


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"account": {}}, "Its loyalty account is not known."),
        ({"type": "SPILLED"}, "Its type is none that is known."),
        ({"accumulate_points": {"points": "12"}}, "Its points are no number."),
        ({"accumulate_points": None}, "Its points are no number."),
        ({"created_at": None}, "created_at is no date."),
    ],
)
def test_an_unusable_event_is_quarantined(changes: dict[str, Any], fault: str) -> None:
    parsed = read_event(changed(EARNED, **changes), NOW)
    assert (parsed.rows.points, parsed.errors) == ([], (fault,))


UNUSABLE: list[tuple[Any, dict[str, Any], dict[str, Any], str]] = [
    (read_customer, CLARA, {"id": None}, "This is no customer with an id."),
    (read_customer, CLARA, {"updated_at": "yesterday"}, "updated_at is no date."),
    (read_customer, CLARA, {"email_address": "ana at example"}, "The e-mail address is none."),
    (read_order, BREAKFAST, {"total_money": None}, "total_money has no currency."),
    (read_order, BREAKFAST, {"total_money": {"amount": -1, "currency": "EUR"}}, "no amount of"),
    (read_order, BREAKFAST, {"total_money": {"amount": 1.5, "currency": "EUR"}}, "no amount of"),
    (read_order, BREAKFAST, {"closed_at": "", "created_at": ""}, "created_at is no date."),
    (read_refund, RETURNED, {"amount_money": {}}, "amount_money has no currency."),
    (read_refund, RETURNED, {"status": "LOST"}, "Its status is none that is known."),
    (read_booking, BRUNCH, {"start_at": None}, "start_at is no date."),
]


@pytest.mark.parametrize(("parse", "record", "changes", "fault"), UNUSABLE)
def test_unusable_records_have_a_reason(
    parse: Any, record: dict[str, Any], changes: dict[str, Any], fault: str
) -> None:
    assert fault in parse(changed(record, **changes), NOW).errors[0]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["2026-02-30T25:61:00Z", "0000-02-30", "P999M", "\ud800", "1e999"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["id", "amount", "points", "name"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SAMPLES = [
    (read_customer, CLARA),
    (read_order, BREAKFAST),
    (read_refund, RETURNED),
    (read_booking, BRUNCH),
    (read_event, EARNED),
]


@settings(max_examples=examples(125), deadline=None)
@given(st.data())
def test_no_record_makes_the_parser_raise(data: st.DataObject) -> None:
    parse, record = data.draw(st.sampled_from(SAMPLES))
    mutilated = copy.deepcopy(record)
    for _ in range(data.draw(st.integers(1, 3))):
        mutilate(mutilated, data)
    parsed = parse(mutilated, NOW)
    assert isinstance(parsed, ParsedRecord)
    assert parsed.key
    assert not any("@" in fault for fault in parsed.errors)


def mutilate(record: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(record)))
    inner = record[name]
    if isinstance(inner, dict) and inner and data.draw(st.booleans()):
        mutilate(inner, data)
    else:
        record[name] = data.draw(JUNK)


@given(JUNK)
def test_no_junk_makes_the_parser_raise(junk: Any) -> None:
    assert all(parse(junk, NOW).errors for parse, _ in SAMPLES)


def test_what_is_dated_in_the_future_is_set_aside_and_a_booking_may_be_ahead() -> None:
    later = "2062-02-01T08:00:00Z"
    faulty = [
        read_refund(changed(RETURNED, created_at=later), NOW),
        read_booking(changed(BRUNCH, created_at=later), NOW),
        read_event(changed(EARNED, created_at=later), NOW),
    ]
    assert {parsed.errors for parsed in faulty} == {("The date lies in the future.",)}
    assert read_booking(changed(BRUNCH, start_at=later), NOW).errors == ()
    order = read_order(changed(BREAKFAST, closed_at=later), NOW)
    assert order.errors == ("The date lies in the future: the order counts from 2062-02-01 on.",)
    [row] = order.rows.orders
    assert (row["counts"], row["counts_from"].year) == (False, 2062)


def test_a_customer_whose_address_was_deleted_has_none(engine: Engine) -> None:
    for day, address in enumerate(["clara@example.com", None, "carla@example.com"], start=1):
        updated = f"2026-03-0{day}T09:00:00Z"
        record = changed(CLARA, email_address=address, updated_at=updated)
        if address is None:
            del record["email_address"]  # Square leaves out what is empty
        with write_transaction(engine) as connection:
            ingest_rows(connection, "till", read_customer(record, NOW).rows, now=NOW)
            customer = connection.execute(
                select(col(Customer.email), col(Basis.state)).join(
                    Basis, col(Basis.customer_id) == col(Customer.id)
                )
            ).one()
        # A sign-up is for the address that was typed there, not for one that was typed later.
        assert tuple(customer) == (address, "yes" if day == 1 else "none")
