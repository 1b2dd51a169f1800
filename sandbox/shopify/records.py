"""Shopify's objects as dictionaries; fields with arguments are callables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sandbox.checkouts import Checkout
from sandbox.customers import Customer
from sandbox.menu import Line, Product, total
from sandbox.orders import Order
from sandbox.shopify.pagination import Page, RecordStore, page_size

Record = dict[str, Any]


def customer_record(customer: Customer) -> Record:
    """Return `customer` as Shopify's object Customer."""
    names = (customer.first_name, customer.last_name)
    return {
        **id_fields("Customer", customer.number),
        "firstName": customer.first_name,
        "lastName": customer.last_name,
        "displayName": " ".join(filter(None, names)) or customer.email or customer.phone or "",
        "createdAt": format_time(customer.created_at),
        "updatedAt": format_time(customer.updated_at),
        "tags": list(customer.tags),
        "locale": customer.locale,
        "email": customer.email,
        "defaultEmailAddress": email_record(customer),
        "defaultPhoneNumber": {"phoneNumber": customer.phone} if customer.phone else None,
        "numberOfOrders": str(customer.orders),
        "amountSpent": money(customer.spent),
        "metafield": lambda _info, key, namespace=None: metafield(customer, namespace, key),
    }


def email_record(customer: Customer) -> Record | None:
    if customer.email is None:
        return None
    return {
        "emailAddress": customer.email,
        "marketingState": customer.consent.state,
        "marketingOptInLevel": customer.consent.level,
        "marketingUpdatedAt": format_time(customer.consent.since),
        "validFormat": True,
    }


def metafield(customer: Customer, namespace: str | None, key: str) -> Record | None:
    if (namespace, key) != ("facts", "birth_date") or customer.birthday is None:
        return None
    return {
        **id_fields("Metafield", customer.number + 10**12),
        "namespace": "facts",
        "key": "birth_date",
        "type": "date",
        "value": customer.birthday,
    }


def order_record(order: Order, buyer: Callable[[int | None], Customer | None]) -> Record:
    """Return `order` as Shopify's object Order; `buyer` finds its customer."""
    items = [
        line_record("LineItem", order.number, index, line)
        | {"currentQuantity": order.current_lines[index].quantity}
        for index, line in enumerate(order.lines)
    ]
    return {
        **id_fields("Order", order.number),
        "name": order.name,
        "createdAt": format_time(order.placed_at),
        "processedAt": format_time(order.placed_at),
        "updatedAt": format_time(order.updated_at),
        "cancelledAt": format_time(order.cancelled_at),
        "test": order.test,
        "sourceName": order.channel,
        "displayFinancialStatus": order.payment or ("REFUNDED" if order.cancelled_at else "PAID"),
        "currencyCode": "EUR",
        "customer": lambda _info: optional_customer(buyer(order.customer)),
        "currentTotalPriceSet": money_bag(order.total),
        "totalPriceSet": money_bag(total(order.lines)),
        "lineItems": lambda _info, **arguments: nested_connection(items, **arguments),
    }


def checkout_record(checkout: Checkout, buyer: Callable[[int | None], Customer | None]) -> Record:
    """Return `checkout` as an AbandonedCheckout; `buyer` finds its customer."""
    kind = "AbandonedCheckoutLineItem"
    items = [line_record(kind, checkout.number, *line) for line in enumerate(checkout.lines)]
    return {
        **id_fields("AbandonedCheckout", checkout.number),
        "name": checkout.name,
        "createdAt": format_time(checkout.created_at),
        "updatedAt": format_time(checkout.updated_at),
        "completedAt": format_time(checkout.completed_at),
        "abandonedCheckoutUrl": checkout.url,
        "customer": lambda _info: optional_customer(buyer(checkout.customer)),
        "totalPriceSet": money_bag(checkout.total),
        "lineItems": lambda _info, **arguments: nested_connection(items, **arguments),
    }


def abandonment_record(checkout: Checkout, *, reminded: bool) -> Record:
    return {
        **id_fields("Abandonment", checkout.number),
        "createdAt": format_time(checkout.created_at),
        "emailState": "SENT" if reminded else "NOT_SENT",
    }


def line_record(kind: str, owner: int, index: int, line: Line) -> Record:
    """Return `line` as a line item of order or checkout number `owner`."""
    price = money_bag(line.total)
    return {
        "id": f"gid://shopify/{kind}/{owner * 100 + index}",
        "number": owner * 100 + index,
        "title": line.product.title,
        "sku": line.product.sku,
        "quantity": line.quantity,
        "image": None,
        "product": product_record(line.product),
        "discountedTotalSet": price,
        "originalTotalSet": price,
        "discountedTotalPriceSet": price,
        "originalTotalPriceSet": price,
    }


def product_record(product: Product) -> Record:
    return {**id_fields("Product", product.number), "title": product.title}


def optional_customer(customer: Customer | None) -> Record | None:
    return customer_record(customer) if customer else None


def id_fields(kind: str, number: int) -> Record:
    return {
        "__typename": kind,
        "id": f"gid://shopify/{kind}/{number}",
        "legacyResourceId": str(number),
    }


def nested_connection(
    items: list[Record], first: int | None = None, after: str | None = None, reverse: bool = False
) -> Record:
    """Return the list `items` inside a record as a connection."""
    store = RecordStore(NestedRecord(item["number"], item) for item in items)
    page = store.page("id", [], page_size(first), after, reverse=reverse)
    return connection([item.record for item in page.records], page)


class NestedRecord(NamedTuple):
    """A record that is sorted by its number."""

    number: int
    record: Record


def connection(nodes: Sequence[Record], page: Page[Any]) -> Record:
    """Return `nodes` as a GraphQL connection with the cursors of `page`."""
    return {
        "nodes": nodes,
        "edges": [
            {"cursor": cursor, "node": node}
            for cursor, node in zip(page.cursors, nodes, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": page.has_next,
            "hasPreviousPage": page.has_previous,
            "startCursor": page.cursors[0] if page.cursors else None,
            "endCursor": page.cursors[-1] if page.cursors else None,
        },
    }


def money_bag(cents: int) -> Record:
    amount = money(cents)
    return {"shopMoney": amount, "presentmentMoney": amount}


def money(cents: int) -> Record:
    # Shopify drops trailing zeros: 9.5, not 9.50.
    return {"amount": str(cents / 100), "currencyCode": "EUR"}


def format_time(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
