"""WooCommerce's customers and orders as rows; no record makes the parser raise."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.stream import ParsedRecord
from connectors.woocommerce import rows
from shop.consent.basis import NO_EVIDENCE, UNDATED
from shop.types.moment import microseconds
from tests.examples import examples

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
KEY = "newsletter_opt_in"
CLARA: dict[str, Any] = {
    "id": 71,
    "date_created_gmt": "2025-01-02T10:00:00",
    "date_modified_gmt": "2026-03-01T09:30:00",
    "email": "Clara@Example.com",
    "first_name": "Clara",
    "last_name": "",
    "role": "customer",
    "billing": {"first_name": "C.", "last_name": "Sousa", "phone": "+351 910 000 000"},
    "is_paying_customer": True,
    "meta_data": [{"id": 1, "key": KEY, "value": "yes"}],
}
BREAKFAST: dict[str, Any] = {
    "id": 501,
    "status": "completed",
    "currency": "EUR",
    "created_via": "checkout",
    "date_created_gmt": "2026-02-27T07:55:00",
    "date_modified_gmt": "2026-03-01T09:30:00",
    "date_paid_gmt": "2026-02-27T08:00:00",
    "total": "12.50",
    "customer_id": 71,
    "billing": {"email": "guest@example.com", "first_name": "Guest", "phone": ""},
    "line_items": [
        {
            "name": "Gal&atilde;o &amp; nata", "product_id": 8102, "quantity": 2,
            "total": "3.50", "total_tax": "0.30",
        }
    ],
    "coupon_lines": [{"id": 1, "code": "breakfast", "discount": "1.00"}],
    "refunds": [{"id": 726, "reason": "", "total": "-10.00"}],
    "refund_details": [{"id": 726, "date_created_gmt": "2026-02-28T09:00:00", "amount": "10.00"}],
    "meta_data": [],
}  # fmt: skip
read_customer = rows.customer_reader("web-shop", KEY)
read_order = rows.order_reader("web-shop", KEY)


def changed(record: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**record, **changes}


def test_a_customer_is_an_identity() -> None:
    assert read_customer(CLARA, NOW).rows.identities == [{
        "source": "web-shop", "external_id": "71", "email": "Clara@example.com",
        "email_key": "clara@example.com", "phone": "+351 910 000 000", "first_name": "Clara",
        "last_name": "Sousa", "language": None, "birthday": None, "tags": "[]",
        "joined_at": datetime(2025, 1, 2, 10, tzinfo=UTC), "version": microseconds(MARCH),
        "reports_address": True,
    }]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "paying", "count"),
    [
        ("customer", False, 1),
        ("wholesale_customer", False, 1),
        ("subscriber", False, 0),
        ("administrator", False, 0),
        ("shop_manager", True, 1),
    ],
)
def test_the_shops_own_people_are_customers_once_they_have_paid(
    role: str, paying: bool, count: int
) -> None:
    parsed = read_customer(changed(CLARA, role=role, is_paying_customer=paying), NOW)
    assert (len(parsed.rows.identities), parsed.errors) == (count, ())


@pytest.mark.parametrize(
    ("value", "consent"),
    [
        ("yes", "yes"), ("1", "yes"), (1, "yes"), (True, "yes"), ("no", "no"), (0, "no"),
        (False, "no"), ("", "none"), ("maybe", "unread"), (None, "none"),
        (["yes"], "yes"), (["no"], "no"), ({"subscribed": False}, "no"), ([], "none"),
        ([2], "unread"),
    ],
)  # fmt: skip
def test_consent_is_what_the_meta_key_says(value: Any, consent: str) -> None:
    record = changed(
        CLARA, meta_data=[{"key": "other", "value": "yes"}, {"key": KEY, "value": value}]
    )
    [statement] = read_customer(record, NOW).rows.statements
    assert (statement["says"], statement["said_at"]) == (consent, UNDATED)


def test_a_meta_key_of_opt_outs_is_never_a_yes() -> None:
    meta = [{"key": "email_opt_out", "value": "yes"}]
    read_opt_outs = rows.customer_reader("web-shop", "email_opt_out")
    [statement] = read_opt_outs(changed(CLARA, meta_data=meta), NOW).rows.statements
    assert statement["says"] == "no"


def test_a_meta_key_that_is_neither_yes_nor_no_has_a_warning() -> None:
    record = changed(CLARA, meta_data=[{"key": KEY, "value": "maybe"}])
    [warning] = read_customer(record, NOW).warnings
    assert f"{KEY} said maybe, which is neither yes nor no" in warning


def test_a_missing_meta_key_is_neither_yes_nor_no() -> None:
    [statement] = read_customer(changed(CLARA, meta_data=None), NOW).rows.statements
    assert statement["says"] == "none"


def test_without_a_configured_key_nobody_says_yes_or_no() -> None:
    opted_in = changed(BREAKFAST, meta_data=CLARA["meta_data"])
    [statement] = rows.customer_reader("web-shop", None)(CLARA, NOW).rows.statements
    assert (statement["says"], statement["evidence"]) == ("none", NO_EVIDENCE)
    assert rows.order_reader("web-shop", None)(opted_in, NOW).rows.statements == []


def test_a_box_ticked_at_the_checkout_is_a_yes_of_that_day() -> None:
    opted_in = changed(BREAKFAST, meta_data=CLARA["meta_data"])
    [statement] = read_order(opted_in, NOW).rows.statements
    assert (statement["external_id"], statement["says"]) == ("71", "yes")
    assert statement["said_at"] == datetime(2026, 2, 27, 7, 55, tzinfo=UTC)
    assert statement["evidence"] == f"WooCommerce {KEY} said yes"


def test_an_order_becomes_a_visit_with_lines_and_refunds() -> None:
    parsed = read_order(BREAKFAST, NOW).rows
    assert parsed.orders == [{
        "source": "web-shop", "external_id": "501", "customer_source": "web-shop",
        "customer_key": "71", "placed_at": datetime(2026, 2, 27, 8, tzinfo=UTC), "total": 1250,
        "currency": "EUR", "channel": "online", "counts": True, "counts_from": None,
        "awaits_payment": False,
        "version": microseconds(MARCH),
    }]  # fmt: skip
    assert parsed.order_lines == [{
        "source": "web-shop", "order_key": "501", "position": 0, "title": "Galão & nata",
        "product_key": "8102", "quantity": 2, "total": 380, "version": microseconds(MARCH),
    }]  # fmt: skip
    assert parsed.order_coupons == [{
        "source": "web-shop", "order_key": "501", "position": 0, "code": "breakfast",
        "discount": 100, "version": microseconds(MARCH),
    }]  # fmt: skip
    assert parsed.refunds == [{
        "source": "web-shop", "external_id": "726", "order_key": "501", "total": 1000,
        "refunded_at": datetime(2026, 2, 28, 9, tzinfo=UTC), "version": microseconds(MARCH),
    }]  # fmt: skip
    assert parsed.identities == []


def coupons(coupon_lines: Any, **changes: Any) -> list[tuple[Any, ...]]:
    parsed = read_order(changed(BREAKFAST, coupon_lines=coupon_lines, **changes), NOW)
    assert (len(parsed.rows.orders), parsed.errors) == (1, ())
    return [(row["position"], row["code"], row["discount"]) for row in parsed.rows.order_coupons]


@pytest.mark.parametrize(
    ("code", "stored"),
    [
        (" Summer-10 ", "Summer-10"),
        ("TWO\nLINES", "TWO LINES"),
        ("\ud800Café\x00", "Café"),
        ("x" * 101, "x" * 100),
    ],
)
def test_a_coupon_code_is_stored_as_it_came_on_one_line(code: str, stored: str) -> None:
    assert coupons([{"code": code, "discount": "2.00"}]) == [(0, stored, 200)]


@pytest.mark.parametrize(
    ("discount", "units"),
    [("2.00", 200), ("-2.00", 200), ("0", 0), (None, 0), ("two", 0), (2, 0), ("9" * 20, 0)],
)
def test_a_coupon_without_an_amount_took_off_nothing(discount: Any, units: int) -> None:
    assert coupons([{"code": "breakfast", "discount": discount}]) == [(0, "breakfast", units)]


def test_a_coupons_discount_is_in_the_orders_currency() -> None:
    coupon = {"code": "breakfast", "discount": "200"}
    assert coupons([coupon], currency="JPY", refunds=[]) == [(0, "breakfast", 200)]
    assert coupons([{"code": "breakfast"}]) == [(0, "breakfast", 0)]


@pytest.mark.parametrize("junk", [None, {}, "breakfast", 7, [], [None, "breakfast", ["code"]]])
def test_what_is_no_list_of_coupons_is_left_out(junk: Any) -> None:
    assert coupons(junk) == []


def test_coupons_without_a_code_are_left_out_and_the_others_numbered() -> None:
    lines = [{"code": 7}, {"code": "A"}, {"discount": "1.00"}, {"code": " "}, {"code": "a"}]
    assert coupons(lines) == [(0, "A", 0), (1, "a", 0)]


def test_a_guest_is_known_by_the_billing_address() -> None:
    parsed = read_order(changed(BREAKFAST, customer_id=0), NOW).rows
    assert parsed.orders[0]["customer_key"] == "guest:guest@example.com"
    [guest] = parsed.identities
    assert (guest["external_id"], guest["first_name"]) == ("guest:guest@example.com", "Guest")
    assert guest.keys() == read_customer(CLARA, NOW).rows.identities[0].keys()


@pytest.mark.parametrize("billing", [None, {}, {"email": "ana at example"}, []])
def test_a_guest_without_an_address_has_no_key(billing: Any) -> None:
    parsed = read_order(changed(BREAKFAST, customer_id=0, billing=billing), NOW).rows
    assert (parsed.orders[0]["customer_key"], parsed.identities) == (None, [])


@pytest.mark.parametrize(
    ("status", "paid", "counts"),
    [
        ("completed", None, True),
        ("processing", None, True),
        ("on-hold", None, False),
        ("on-hold", "2026-02-27T08:00:00", True),
        ("pending", "2026-02-27T08:00:00", False),
        ("cancelled", "2026-02-27T08:00:00", False),
        ("failed", "2026-02-27T08:00:00", False),
        ("trash", "2026-02-27T08:00:00", False),
        ("checkout-draft", None, False),
        ("refunded", "2026-02-27T08:00:00", True),
        ("refunded", None, False),
        ("shipped", "2026-02-27T08:00:00", True),
        ("shipped", None, False),
        (None, None, False),
    ],
)
def test_which_orders_count(status: Any, paid: str | None, counts: bool) -> None:
    record = changed(BREAKFAST, status=status, date_paid_gmt=paid)
    [order] = read_order(record, NOW).rows.orders
    assert (order["counts"], order["awaits_payment"]) == (
        counts,
        status == "on-hold" and paid is None,
    )


@pytest.mark.parametrize(
    ("total", "quantity", "counts"),
    [("0.00", 0, False), ("0.00", None, False), ("0.00", 1, True), ("5.00", None, True)],
)
def test_an_order_of_nothing_is_no_purchase(total: str, quantity: int | None, counts: bool) -> None:
    line = BREAKFAST["line_items"][0] | {"quantity": quantity}
    lines = [line] if quantity is not None else []
    record = changed(BREAKFAST, total=total, line_items=lines)
    assert read_order(record, NOW).rows.orders[0]["counts"] is counts


def brought_back(line_id: int, quantity: Any, total: str) -> dict[str, Any]:
    """Return a refund of a part of a line, as its own endpoint shows it."""
    meta = [{"id": 1, "key": "_refunded_item_id", "value": str(line_id)}]
    line = {"id": 90, "quantity": quantity, "total": total, "total_tax": "0.00", "meta_data": meta}
    return {"id": 7, "date_created_gmt": "2026-02-28T08:00:00", "line_items": [line]}


@pytest.mark.parametrize(
    ("refunds", "lines"),
    [
        ([brought_back(1, -1, "-3.80")], [(2, 760), (1, 200)]),
        ([brought_back(1, -1, "-3.80"), brought_back(1, -1, "-3.80")], [(1, 380), (1, 200)]),
        ([brought_back(1, -3, "-11.40")], [(1, 200)]),
        ([brought_back(1, 0, "-1.00")], [(3, 1040), (1, 200)]),
        ([brought_back(3, -1, "-3.80")], [(3, 1140), (1, 200)]),
        ([brought_back(1, "-1", "soon")], [(3, 1140), (1, 200)]),
    ],
)
def test_lines_are_what_refunds_have_left_of_them(
    refunds: list[dict[str, Any]], lines: list[tuple[int, int]]
) -> None:
    bought = [
        {"id": 1, "name": "Galão", "quantity": 3, "total": "11.40", "total_tax": "0.00"},
        {"id": 2, "name": "Nata", "quantity": 1, "total": "2.00", "total_tax": "0.00"},
    ]
    record = changed(BREAKFAST, line_items=bought, refund_details=refunds)
    rows = read_order(record, NOW).rows.order_lines
    assert [(row["quantity"], row["total"]) for row in rows] == lines


@pytest.mark.parametrize(
    ("changes", "column", "value"),
    [
        ({"created_via": "pos-rest-api"}, "channel", "till"),
        ({"created_via": None}, "channel", "online"),
        ({"date_paid_gmt": None}, "placed_at", datetime(2026, 2, 27, 7, 55, tzinfo=UTC)),
        ({"total": "1250", "currency": "JPY"}, "total", 1250),
        ({"date_modified_gmt": "2026-03-01T10:30:00+01:00"}, "version", microseconds(MARCH)),
    ],
)
def test_order_columns(changes: dict[str, Any], column: str, value: Any) -> None:
    assert read_order(changed(BREAKFAST, **changes), NOW).rows.orders[0][column] == value


def test_a_refund_without_details_is_of_the_orders_last_change() -> None:
    [refund] = read_order(changed(BREAKFAST, refund_details=None), NOW).rows.refunds
    assert refund["refunded_at"] == MARCH


@pytest.mark.parametrize("total", ["10.00", "ten", None, 10])
def test_a_refund_that_is_none_is_an_error_and_the_order_stays(total: Any) -> None:
    parsed = read_order(changed(BREAKFAST, refunds=[{"id": 1, "total": total}]), NOW)
    assert parsed.errors == ("A refund is no amount below nought, with an id.",)
    assert (len(parsed.rows.orders), parsed.rows.refunds) == (1, [])


@pytest.mark.parametrize(
    ("read", "record", "changes", "error"),
    [
        (read_customer, CLARA, {"id": "71"}, "This is no customer with an id."),
        (read_customer, CLARA, {"email": "ana at example"}, "The e-mail address is none."),
        (
            read_customer,
            CLARA,
            {"date_modified_gmt": None, "date_created_gmt": "soon"},
            "date_modified_gmt is no date.",
        ),
        (read_order, BREAKFAST, {"date_modified_gmt": None}, "date_modified_gmt is no date."),
        (read_order, BREAKFAST, {"date_created_gmt": "2026-02-30T00:00:00"}, "date_created_gmt"),
        (read_order, BREAKFAST, {"currency": "euro"}, "It has no currency."),
        (read_order, BREAKFAST, {"total": "-1.00"}, "total is no amount of money."),
        (read_order, BREAKFAST, {"total": 12.5}, "total is no amount of money."),
    ],
)
def test_what_cannot_be_used_has_a_reason(
    read: Any, record: dict[str, Any], changes: dict[str, Any], error: str
) -> None:
    parsed: ParsedRecord = read(changed(record, **changes), NOW)
    assert error in parsed.errors[0]


@pytest.mark.parametrize(("quantity", "count"), [(0.35, 1), (2.5, 3), (-1, 0), ("2", 0), (True, 0)])
def test_quantities(quantity: Any, count: int) -> None:
    line = BREAKFAST["line_items"][0] | {"quantity": quantity}
    [row] = read_order(changed(BREAKFAST, line_items=[line]), NOW).rows.order_lines
    assert row["quantity"] == count


KEYS = ["id", "total", "email", "key", "value", "code", "discount"]
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
    | st.sampled_from(["9999-12-31T23:59:59-14:00", "-1e9", "\ud800", "&#0;", "guest:@"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_no_record_makes_the_parser_raise(data: st.DataObject) -> None:
    read, sample = data.draw(st.sampled_from([(read_customer, CLARA), (read_order, BREAKFAST)]))
    record = copy.deepcopy(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        mutilate(record, data)
    parsed = read(record, NOW)
    assert isinstance(parsed, ParsedRecord)
    assert parsed.key
    assert not any("@" in error for error in parsed.errors)


def mutilate(record: dict[str, Any], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(record)))
    inner = record[name]
    part = inner[0] if isinstance(inner, list) and inner else inner
    if isinstance(part, dict) and part and data.draw(st.booleans()):
        mutilate(part, data)
    else:
        record[name] = data.draw(JUNK)


@given(JUNK)
def test_no_junk_makes_the_parser_raise(junk: Any) -> None:
    assert all(read(junk, NOW).errors for read in (read_customer, read_order))


@pytest.mark.parametrize(
    ("billing", "address"), [(" Clara@X.example", "clara@x.example"), (None, None), ("none", None)]
)
def test_a_ticked_box_is_for_the_address_typed_at_the_checkout(
    billing: str | None, address: str | None
) -> None:
    ticked = changed(BREAKFAST, meta_data=CLARA["meta_data"], billing={"email": billing})
    [statement] = read_order(ticked, NOW).rows.statements
    assert statement.get("address_key") == address
    assert statement["actor"] == f"order {BREAKFAST['id']}"


def test_an_order_of_the_future_is_set_aside() -> None:
    parsed = read_order(changed(BREAKFAST, date_paid_gmt="2062-02-01T08:00:00"), NOW)
    assert parsed.errors == ("The date lies in the future: the order counts from 2062-02-01 on.",)
    [row] = parsed.rows.orders
    assert (row["counts"], row["counts_from"].year) == (False, 2062)
