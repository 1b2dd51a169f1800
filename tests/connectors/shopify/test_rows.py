from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.shopify import rows
from connectors.stream import ParsedRecord
from shop.consent.basis import UNDATED
from shop.types.moment import microseconds
from tests.examples import examples

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
MARCH = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
CLARA: dict[str, Any] = {
    "id": "gid://shopify/Customer/71",
    "firstName": "Clara",
    "lastName": "Sousa",
    "createdAt": "2025-01-02T10:00:00Z",
    "updatedAt": "2026-03-01T09:30:00Z",
    "tags": ["regular", "a, b"],
    "locale": "pt-PT",
    "defaultEmailAddress": {
        "emailAddress": "Clara@Example.com",
        "marketingState": "SUBSCRIBED",
        "marketingOptInLevel": "SINGLE_OPT_IN",
        "marketingUpdatedAt": "2025-06-01T08:00:00+02:00",
    },
    "defaultPhoneNumber": {"phoneNumber": "+351910000000"},
    "birthday": {"value": "1990-09-21"},
}
EUR_12_50 = {"shopMoney": {"amount": "12.5", "currencyCode": "EUR"}}
BREAKFAST: dict[str, Any] = {
    "id": "gid://shopify/Order/501",
    "createdAt": "2026-02-28T08:00:00Z",
    "processedAt": "2026-02-27T08:00:00Z",
    "updatedAt": "2026-03-01T09:30:00Z",
    "cancelledAt": None,
    "test": False,
    "sourceName": "pos",
    "customer": {"id": "gid://shopify/Customer/71"},
    "currentTotalPriceSet": EUR_12_50,
    "lineItems": {
        "nodes": [
            {
                "title": "Galão",
                "quantity": 2,
                "product": {"id": "gid://shopify/Product/8102"},
                "discountedTotalSet": {"shopMoney": {"amount": "3.80"}},
            }
        ],
        "pageInfo": {"hasNextPage": False},
    },
}
ABANDONED_CHECKOUT: dict[str, Any] = {
    "id": "gid://shopify/AbandonedCheckout/36",
    "createdAt": "2026-03-01T09:00:00Z",
    "updatedAt": "2026-03-01T09:30:00Z",
    "completedAt": None,
    "abandonedCheckoutUrl": "https://corner-cafe.example/recover?key=a&b=c",
    "customer": {"id": "gid://shopify/Customer/71"},
    "totalPriceSet": EUR_12_50,
    "lineItems": {
        "nodes": [
            {
                "title": "Granola",
                "quantity": 1,
                "image": {"url": "https://cdn.example/granola.jpg"},
                "product": None,
                "discountedTotalPriceSet": EUR_12_50,
            }
        ],
        "pageInfo": {"hasNextPage": False},
    },
}
read_customer = rows.reader(rows.customer, "online-shop", "Customer")
read_order = rows.reader(rows.order, "online-shop", "Order")
read_cart = rows.reader(rows.cart, "online-shop", "AbandonedCheckout")


def parsed_identity(**changed: Any) -> Any:
    [identity_row] = read_customer(CLARA | changed, NOW).rows.identities
    return identity_row


def consent_statement(**email: Any) -> Any:
    address = CLARA["defaultEmailAddress"] | email
    [statement] = read_customer(CLARA | {"defaultEmailAddress": address}, NOW).rows.statements
    return statement


def test_a_customer_is_an_identity() -> None:
    assert parsed_identity() == {
        "source": "online-shop", "external_id": "71", "email": "Clara@example.com",
        "email_key": "clara@example.com", "phone": "+351910000000", "first_name": "Clara",
        "last_name": "Sousa", "language": "pt-PT", "birthday": "1990-09-21",
        "tags": '["regular", "a, b"]', "joined_at": datetime(2025, 1, 2, 10, tzinfo=UTC),
        "version": microseconds(MARCH),
        "reports_address": True,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("state", "consent"),
    [
        ("SUBSCRIBED", "yes"),
        ("UNSUBSCRIBED", "no"),
        ("NOT_SUBSCRIBED", "none"),
        ("PENDING", "none"),
        ("INVALID", "none"),
        ("REDACTED", "none"),
        (None, "none"),
    ],
)
def test_only_subscribed_is_a_yes(state: str | None, consent: str) -> None:
    assert consent_statement(marketingState=state)["says"] == consent


def test_a_yes_is_dated_and_carries_its_evidence() -> None:
    assert consent_statement()["said_at"] == datetime(2025, 6, 1, 6, tzinfo=UTC)
    assert consent_statement()["evidence"] == "Shopify SUBSCRIBED, SINGLE_OPT_IN"


@pytest.mark.parametrize(
    ("state", "stated_at"), [("SUBSCRIBED", UNDATED), ("UNSUBSCRIBED", UNDATED), ("PENDING", MARCH)]
)
def test_without_a_date_a_word_is_undated_and_silence_is_of_the_last_change(
    state: str, stated_at: datetime
) -> None:
    assert consent_statement(marketingState=state, marketingUpdatedAt=None)["said_at"] == stated_at


def test_a_yes_from_the_future_is_undated() -> None:
    assert consent_statement(marketingUpdatedAt="2031-01-01T00:00:00Z")["said_at"] == UNDATED


@pytest.mark.parametrize("state", ["INVALID", "REDACTED"])
def test_an_address_that_bounces_or_was_erased_is_none_and_no_fault(state: str) -> None:
    address = CLARA["defaultEmailAddress"] | {"marketingState": state}
    parsed = read_customer(CLARA | {"defaultEmailAddress": address}, NOW)
    assert parsed.rows.identities[0]["email"] is None
    assert [row["says"] for row in parsed.rows.statements] == ["none"]
    assert parsed.errors == ()


def test_an_unsubscribed_customer_with_a_wrong_birthday_is_still_unsubscribed() -> None:
    address = CLARA["defaultEmailAddress"] | {"marketingState": "UNSUBSCRIBED"}
    record = CLARA | {"defaultEmailAddress": address, "birthday": {"value": "31.02."}}
    parsed = read_customer(record, NOW)
    assert parsed.errors == ("The birthday is no day of a year.",)
    assert parsed.rows.statements[0]["says"] == "no"
    assert parsed.rows.identities[0]["birthday"] is None


@pytest.mark.parametrize(
    ("written", "birthday"),
    [
        ("1990-09-21", "1990-09-21"),
        ("0000-09-21", "--09-21"),
        ("--09-21", "--09-21"),
        ("0000-02-29", "--02-29"),
        ("2023-02-29", None),
        ("soon", None),
    ],
)
def test_a_birthday_may_have_no_year(written: str, birthday: str | None) -> None:
    assert parsed_identity(birthday={"value": written})["birthday"] == birthday


def test_a_name_is_one_line_without_control_characters() -> None:
    assert (
        parsed_identity(firstName="Ana\r\nBcc: everyone\x00")["first_name"] == "Ana Bcc: everyone"
    )
    assert len(parsed_identity(firstName="M" * 5_000)["first_name"]) == 250


def test_an_order_counts_where_and_when_it_was_paid() -> None:
    parsed = read_order(BREAKFAST, NOW)
    assert parsed.rows.orders == [{
        "source": "online-shop", "external_id": "501", "customer_source": "online-shop",
        "customer_key": "71", "placed_at": datetime(2026, 2, 27, 8, tzinfo=UTC), "total": 1250,
        "currency": "EUR", "channel": "till", "counts": True, "counts_from": None,
        "awaits_payment": False, "version": microseconds(MARCH),
    }]  # fmt: skip
    assert parsed.rows.order_lines == [{
        "source": "online-shop", "order_key": "501", "position": 0, "title": "Galão",
        "product_key": "8102", "quantity": 2, "total": 380, "version": microseconds(MARCH),
    }]  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "column", "value"),
    [
        ({"sourceName": "web"}, "channel", "online"),
        ({"sourceName": None}, "channel", "online"),
        ({"test": True}, "counts", False),
        ({"cancelledAt": "2026-03-01T09:00:00Z"}, "counts", False),
        ({"customer": None}, "customer_key", None),
        ({"processedAt": None}, "placed_at", datetime(2026, 2, 28, 8, tzinfo=UTC)),
    ],
)
def test_order_columns(changed: dict[str, Any], column: str, value: Any) -> None:
    [order] = read_order(BREAKFAST | changed, NOW).rows.orders
    assert order[column] == value


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("PAID", True),
        ("PARTIALLY_PAID", True),
        ("PARTIALLY_REFUNDED", True),
        ("REFUNDED", True),
        ("AUTHORIZED", True),
        (None, True),
        ("PENDING", False),
        ("EXPIRED", False),
        ("VOIDED", False),
    ],
)
def test_an_order_without_payment_is_no_purchase(status: str | None, counts: bool) -> None:
    [order] = read_order(BREAKFAST | {"displayFinancialStatus": status}, NOW).rows.orders
    assert (order["counts"], order["awaits_payment"]) == (counts, status == "PENDING")


def order_of(*quantities: tuple[int, int], amount: str = "0.0") -> dict[str, Any]:
    """Return an order of this `amount` with lines of these quantities: ordered, and left."""
    nodes = [
        BREAKFAST["lineItems"]["nodes"][0] | {"quantity": ordered, "currentQuantity": left}
        for ordered, left in quantities
    ]
    total = {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}
    return BREAKFAST | {"currentTotalPriceSet": total, "lineItems": {"nodes": nodes}}


@pytest.mark.parametrize(
    ("record", "counts"),
    [
        (order_of(), False),
        (order_of((0, 0)), False),
        (order_of((2, 2)), True),  # a discount took all of it off
        (order_of((2, 0)), True),  # all of it was refunded
        (order_of(amount="5.0"), True),  # an amount without an article
    ],
)
def test_an_order_of_nothing_is_no_purchase(record: dict[str, Any], counts: bool) -> None:
    assert read_order(record, NOW).rows.orders[0]["counts"] is counts


def test_lines_are_what_edits_and_refunds_have_left_of_them() -> None:
    lines = read_order(order_of((2, 2), (3, 1), (2, 0)), NOW).rows.order_lines
    assert [(line["position"], line["quantity"], line["total"]) for line in lines] == [
        (0, 2, 380),
        (1, 1, 126),
    ]


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("12.5", "EUR", 1250),
        ("1250.0", "JPY", 1250),
        ("1.2345", "KWD", 1235),
        ("0.0", "USD", 0),
        ("99999999.99", "EUR", 9_999_999_999),
    ],
)
def test_money_is_counted_in_the_smallest_coin(amount: str, currency: str, units: int) -> None:
    price = {"shopMoney": {"amount": amount, "currencyCode": currency}}
    [order] = read_order(BREAKFAST | {"currentTotalPriceSet": price}, NOW).rows.orders
    assert order["total"] == units


@pytest.mark.parametrize("amount", ["-1.00", "NaN", "1e9", "", None, 12.5, "1,50", "9" * 40])
def test_an_invalid_amount_is_quarantined(amount: Any) -> None:
    price = {"shopMoney": {"amount": amount, "currencyCode": "EUR"}}
    parsed = read_order(BREAKFAST | {"currentTotalPriceSet": price}, NOW)
    assert parsed == ParsedRecord("501", errors=("currentTotalPriceSet is no amount of money.",))


def test_an_abandoned_checkout_is_a_cart() -> None:
    parsed = read_cart(ABANDONED_CHECKOUT, NOW)
    assert parsed.rows.carts == [{
        "source": "online-shop", "external_id": "36", "customer_source": "online-shop",
        "customer_key": "71", "created_at": datetime(2026, 3, 1, 9, tzinfo=UTC),
        "left_at": MARCH, "converted_at": None, "total": 1250,
        "currency": "EUR", "url": "https://corner-cafe.example/recover?key=a&b=c",
        "version": microseconds(MARCH),
    }]  # fmt: skip
    assert parsed.rows.cart_lines[0]["picture"] == "https://cdn.example/granola.jpg"


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "https://a b", 7])
def test_a_link_that_is_none_is_left_out(link: Any) -> None:
    assert (
        read_cart(ABANDONED_CHECKOUT | {"abandonedCheckoutUrl": link}, NOW).rows.carts[0]["url"]
        is None
    )


@pytest.mark.parametrize("created", [None, "soon", "2026-03-01T09:45:00Z"])
def test_a_cart_is_never_created_after_it_was_left(created: str | None) -> None:
    [cart] = read_cart(ABANDONED_CHECKOUT | {"createdAt": created}, NOW).rows.carts
    assert cart["created_at"] == cart["left_at"] == MARCH


def test_a_line_of_nothing_is_no_line_of_a_cart() -> None:
    record = copy.deepcopy(ABANDONED_CHECKOUT)
    record["lineItems"]["nodes"][0]["quantity"] = 0
    rows = read_cart(record, NOW).rows
    assert (len(rows.carts), rows.cart_lines) == (1, [])


def test_more_lines_than_are_read_are_an_error() -> None:
    record = copy.deepcopy(ABANDONED_CHECKOUT)
    record["lineItems"]["pageInfo"]["hasNextPage"] = True
    parsed = read_cart(record, NOW)
    assert parsed.errors == ("It has more lines than are read; the rest is left out.",)
    assert parsed.rows.carts


@pytest.mark.parametrize("record", [None, 7, "x", [], {}, {"id": "gid://shopify/Order/501"}])
def test_a_record_of_another_kind_is_quarantined(record: Any) -> None:
    assert read_customer(record, NOW).errors == ("This is no Customer with an id.",)


@pytest.mark.parametrize("date", [None, "", "yesterday", "2026-02-30T10:00:00Z", 7,
                                  "2026-03-01T09:30:00", "9999-12-31T23:59:59-14:00"])  # fmt: skip
def test_a_record_without_its_date_is_quarantined(date: Any) -> None:
    assert read_cart(ABANDONED_CHECKOUT | {"updatedAt": date}, NOW).errors == (
        "updatedAt is no date.",
    )


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("SUBSCRIBED"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def mutilated(draw: st.DrawFn, record: Any) -> Any:
    """Draw the record with some of its parts replaced by arbitrary values."""
    if draw(st.integers(0, 9)) == 0:
        return draw(anything)
    if isinstance(record, dict):
        return {key: draw(mutilated(value)) for key, value in record.items()}
    if isinstance(record, list):
        return [draw(mutilated(value)) for value in record]
    return record


@settings(max_examples=examples(75), deadline=None)
@given(mutilated(CLARA), mutilated(BREAKFAST), mutilated(ABANDONED_CHECKOUT))
def test_no_record_makes_the_parser_raise(customer: Any, order: Any, cart: Any) -> None:
    for parse, record in ((read_customer, customer), (read_order, order), (read_cart, cart)):
        parsed = parse(record, NOW)
        assert parsed.key
        arrivals = parsed.rows
        assert parsed.errors or arrivals.identities or arrivals.orders or arrivals.carts
        for row in [*arrivals.identities, *arrivals.orders, *arrivals.carts]:
            assert isinstance(row["version"], int)
            assert "\x00" not in "".join(value for value in row.values() if isinstance(value, str))


def test_an_order_or_a_cart_of_the_future_is_set_aside() -> None:
    order = BREAKFAST | {"processedAt": "2062-02-01T08:00:00Z"}
    cart = ABANDONED_CHECKOUT | {"updatedAt": "2062-02-01T08:00:00Z"}
    parsed = read_cart(cart, NOW)
    assert (parsed.errors, parsed.rows.carts) == (("The date lies in the future.",), [])
    parsed = read_order(order, NOW)
    assert parsed.errors == ("The date lies in the future: the order counts from 2062-02-01 on.",)
    [row] = parsed.rows.orders
    assert (row["counts"], row["counts_from"].year) == (False, 2062)
