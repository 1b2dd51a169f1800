"""The café's customers and orders as WooCommerce's JSON objects.

Written after the published documentation of REST API v3; no live shop was at hand to compare with.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.cafe import Cafe
from sandbox.customers import Customer
from sandbox.menu import Line
from sandbox.orders import FIRST_ORDER, Order

Record = dict[str, Any]
CONSENT_KEY = "newsletter_opt_in"
FIRST_ID = 101
LISBON_IN_WINTER = timedelta(hours=0)
# Of every so many orders one is of a guest, one is partly refunded, one used a coupon.
GUEST_EVERY, REFUND_EVERY, COUPON_EVERY = 9, 11, 7
COUPON_CODE, COUPON_DISCOUNT = "breakfast", 50  # cents
CONSENT_TEXT = {"SUBSCRIBED": "yes", "UNSUBSCRIBED": "no"}


def customer_records(cafe: Cafe) -> list[Record]:
    """Return the customers who have an account: WooCommerce keeps none without an address."""
    return [customer_record(customer, cafe) for customer in cafe.customers if customer.email]


def order_records(cafe: Cafe) -> list[Record]:
    emails = {customer.number: customer for customer in cafe.customers}
    return [order_record(order, emails.get(order.customer or 0), cafe) for order in cafe.orders]


def customer_id(customer: Customer, cafe: Cafe) -> int:
    return FIRST_ID + customer.number - cafe.customers[0].number


def order_id(order: Order) -> int:
    return 100_001 + order.number - FIRST_ORDER


def customer_record(customer: Customer, cafe: Cafe) -> Record:
    consent = CONSENT_TEXT.get(customer.consent.state)
    return {
        "id": customer_id(customer, cafe),
        **times("created", customer.created_at),
        **times("modified", customer.updated_at),
        "email": customer.email,
        "first_name": customer.first_name or "",
        "last_name": customer.last_name or "",
        "role": "customer",
        "username": f"customer{customer.number % 100_000}",
        "billing": billing(customer),
        "is_paying_customer": customer.orders > 0,
        "meta_data": [meta(1, CONSENT_KEY, consent)] if consent else [],
    }


def order_record(order: Order, customer: Customer | None, cafe: Cafe) -> Record:
    place = order.number - FIRST_ORDER
    registered = customer is not None and customer.email and place % GUEST_EVERY
    refunded = is_refunded(order)
    discount = 0 if place % COUPON_EVERY else COUPON_DISCOUNT
    return {
        "id": order_id(order),
        "parent_id": 0,
        "number": str(order_id(order)),
        "created_via": "checkout" if order.channel == "web" else "pos-rest-api",
        "status": status(order),
        "currency": "EUR",
        **times("created", order.placed_at),
        **times("modified", order.updated_at),
        "date_paid_gmt": None if order.cancelled_at else gmt(order.placed_at),
        "discount_total": amount(discount),
        "total": amount(sum(line.total for line in order.lines)),
        "customer_id": customer_id(customer, cafe) if registered and customer else 0,
        "billing": billing(customer),
        "meta_data": [meta(2, "_order_stock_reduced", "yes")],
        "line_items": [
            line_record(position, line, 0 if position else discount)
            for position, line in enumerate(order.lines)
        ],
        "coupon_lines": [coupon_record(discount)] if discount else [],
        "refunds": [refund_summary(order)] if refunded else [],
    }


def status(order: Order) -> str:
    if order.cancelled_at:
        return "cancelled"
    return "failed" if order.test else "completed"


def is_refunded(order: Order) -> bool:
    paid = not order.cancelled_at and not order.test
    return paid and (order.number - FIRST_ORDER) % REFUND_EVERY == 0


def refund_summary(order: Order) -> Record:
    """Return a refund as an order shows it: with a negative total, and without a date."""
    first = order.lines[0].product.price
    return {"id": order_id(order) + 500_000, "reason": "", "total": f"-{amount(first)}"}


def refund_record(order: Order) -> Record:
    """Return a refund as its own endpoint shows it: with a positive amount, and its date."""
    summary = refund_summary(order)
    return {
        "id": summary["id"],
        **times("created", order.updated_at),
        "amount": summary["total"].removeprefix("-"),
        "reason": "",
        "refunded_by": 1,
        "refunded_payment": False,
        "meta_data": [],
        "line_items": [refunded_line(order)],
    }


def refunded_line(order: Order) -> Record:
    """Return one of the first line of `order` as brought back: with negative numbers."""
    line = line_record(0, Line(order.lines[0].product, 1), 0)
    return line | {
        "id": order_id(order) + 600_000,
        "quantity": -1,
        "total": f"-{line['total']}",
        "meta_data": [meta(3, "_refunded_item_id", str(line["id"]))],
    }


def line_record(position: int, line: Line, discount: int) -> Record:
    """Return a line whose `total` is what was paid: a coupon took `discount` off its `subtotal`."""
    return {
        "id": position + 1,
        "name": line.product.title.replace("&", "&amp;"),
        "product_id": line.product.number,
        "variation_id": 0,
        "quantity": line.quantity,
        "subtotal": amount(line.total + discount),
        "total": amount(line.total),
        "total_tax": "0.00",
        "sku": line.product.sku,
        "price": line.product.price / 100,
    }


def coupon_record(discount: int) -> Record:
    return {"id": 1, "code": COUPON_CODE, "discount": amount(discount), "discount_tax": "0.00"}


def billing(customer: Customer | None) -> Record:
    return {
        "first_name": (customer and customer.first_name) or "",
        "last_name": (customer and customer.last_name) or "",
        "company": "",
        "address_1": "Rua das Flores 12",
        "city": "Lisboa",
        "postcode": "1200-192",
        "country": "PT",
        "email": (customer and customer.email) or "",
        "phone": (customer and customer.phone) or "",
    }


def meta(number: int, key: str, value: str) -> Record:
    return {"id": number, "key": key, "value": value}


def times(name: str, moment: datetime) -> Record:
    """Return a time as WooCommerce writes it twice: by the site's clock, and in UTC."""
    return {f"date_{name}": gmt(moment + LISBON_IN_WINTER), f"date_{name}_gmt": gmt(moment)}


def gmt(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"


def amount(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"
