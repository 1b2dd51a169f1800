"""Queries answered from the café: read, priced, executed, and said in Shopify's shape."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLResolveInfo,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution import ExecutionResult

from sandbox.cafe import Cafe
from sandbox.checkouts import Checkout
from sandbox.customers import Customer
from sandbox.orders import Order
from sandbox.shopify import consent
from sandbox.shopify import errors as refusals
from sandbox.shopify.consent import number_in
from sandbox.shopify.pagination import Shelf, page_size
from sandbox.shopify.query_cost import DEAREST_QUERY, Bucket, query_cost
from sandbox.shopify.records import (
    Record,
    abandonment_record,
    checkout_record,
    connection,
    customer_record,
    order_record,
)
from sandbox.shopify.search import Search, read_search
from sandbox.shopify.tokens import SCOPES

STORE = "corner-cafe.myshopify.com"
VERSIONS = ("2026-07", "2026-10")
Answer = dict[str, Any]
Warnings = list[dict[str, Any]]
Info = GraphQLResolveInfo[Any]


class Shop:
    """The café as one Shopify store; records may change between two requests."""

    def __init__(
        self,
        cafe: Cafe,
        bucket: Bucket | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.bucket = bucket or Bucket()
        self.clock = clock or (lambda: cafe.now)  # of what an app changes
        # The questions answered, newest last: the connections asked for, and the variables.
        self.heard: deque[tuple[list[str], Answer]] = deque(maxlen=1_000)
        # The baskets that the store's own reminders went out for.
        self.reminded: set[int] = set()
        self.customers: Shelf[Customer] = Shelf(
            cafe.customers,
            {
                "created_at": lambda who: who.created_at,
                "customer_date": lambda who: who.created_at,
                "updated_at": lambda who: who.updated_at,
            },
        )
        self.orders: Shelf[Order] = Shelf(
            cafe.orders,
            {
                "created_at": lambda order: order.placed_at,
                "processed_at": lambda order: order.placed_at,
                "updated_at": lambda order: order.updated_at,
            },
        )
        self.checkouts: Shelf[Checkout] = Shelf(
            cafe.checkouts,
            {
                "created_at": lambda left: left.created_at,
                "updated_at": lambda left: left.updated_at,
            },
        )

    def answer(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        scopes: Collection[str] = SCOPES,
    ) -> Answer:
        read, given = read_query(query), dict(variables or {})
        if not isinstance(read, DocumentNode):
            return read
        asked = query_cost(schema(), read, given)
        if asked > DEAREST_QUERY:
            return {"errors": [refusals.too_dear(asked, DEAREST_QUERY)]}
        if asked > self.bucket.available():
            return self.throttled(asked)
        self.heard.append((roots(read), given))
        warnings: Warnings = []
        result = execute_sync(
            schema(),
            read,
            self.root(warnings, scopes),
            variable_values=given,
            field_resolver=value_of,
        )
        actual = query_cost(schema(), read, given, returned(result.data))
        self.bucket.pay(actual)
        extensions = {
            "cost": self.cost(asked, actual),
            **({"search": warnings} if warnings else {}),
        }
        return {**said(result), "extensions": extensions}

    def throttled(self, asked: int) -> Answer:
        cost = self.cost(asked, None)
        return {"errors": [refusals.throttled()], "extensions": {"cost": cost}}

    def cost(self, asked: int, actual: int | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": asked,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }

    def root(self, warnings: Warnings, scopes: Collection[str]) -> Record:
        def buyer(number: int | None) -> Customer | None:
            return self.customers.get(number)

        def order_of(order: Order) -> Record:
            return order_record(order, buyer)

        def checkout_of(left: Checkout) -> Record:
            return checkout_record(left, buyer)

        return {
            "customers": paged(self.customers, customer_record, warnings),
            "orders": paged(self.orders, order_of, warnings),
            "abandonedCheckouts": paged(self.checkouts, checkout_of, warnings),
            "customersCount": counted("customers", self.customers, warnings),
            "ordersCount": counted("orders", self.orders, warnings),
            "abandonedCheckoutsCount": counted("abandonedCheckouts", self.checkouts, warnings),
            "customer": one(self.customers, customer_record),
            "order": one(self.orders, order_of),
            "abandonmentByAbandonedCheckoutId": one(self.checkouts, self.abandonment),
            consent.MUTATION: consent.updater(self.customers, self.clock, scopes),
            "shop": shop_record(),
            "publicApiVersions": [version_record(handle) for handle in VERSIONS],
        }

    def abandonment(self, left: Checkout) -> Record:
        return abandonment_record(left, reminded=left.number in self.reminded)


def said(result: ExecutionResult) -> Answer:
    if not result.errors:
        return {"data": result.data}
    return {"data": result.data, "errors": [refusals.failed(error) for error in result.errors]}


def value_of(source: Record, info: Info, **arguments: Any) -> Any:
    value = source[info.field_name]
    return value(info, **arguments) if callable(value) else value


def paged(
    shelf: Shelf[Any], record: Callable[[Any], Record], warnings: Warnings
) -> Callable[..., Record]:
    def page_of(
        info: Info,
        sortKey: str,  # noqa: N803 - Shopify's name
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        reverse: bool = False,
    ) -> Record:
        search = read_search(info.field_name, query)
        warnings.extend(ignored(info, query, search))
        page = shelf.page(sortKey.lower(), search.bounds, page_size(first), after, reverse=reverse)
        return connection([record(found) for found in page.records], page)

    return page_of


def counted(name: str, shelf: Shelf[Any], warnings: Warnings) -> Callable[..., Record]:
    def count_of(info: Info, limit: int | None, query: str | None = None) -> Record:
        search = read_search(name, query)
        warnings.extend(ignored(info, query, search))
        # One more than the limit tells "just as many" from "at least as many".
        found = shelf.count(search.bounds, None if limit is None else limit + 1)
        if limit is None or found <= limit:
            return {"count": found, "precision": "EXACT"}
        return {"count": limit, "precision": "AT_LEAST"}

    return count_of


def one(shelf: Shelf[Any], record: Callable[[Any], Record]) -> Callable[..., Record | None]:
    def found(_info: Info, **which: str) -> Record | None:
        [named] = which.values()  # id, or the id of what it is about
        kept = shelf.get(number_in(named))
        return None if kept is None else record(kept)

    return found


def ignored(info: Info, query: str | None, search: Search) -> Warnings:
    if not search.warnings:
        return []
    return [{"path": info.path.as_list(), "query": query, "warnings": search.warnings}]


def returned(data: dict[str, Any] | None) -> dict[str, int]:
    """How many records each connection at the root gave."""
    connections = {name: value for name, value in (data or {}).items() if isinstance(value, dict)}
    return {
        name: len(value.get("nodes") or value.get("edges") or [])
        for name, value in connections.items()
        if "nodes" in value or "edges" in value
    }


def shop_record() -> Record:
    return {
        "id": "gid://shopify/Shop/68420001",
        "name": "Corner Café",
        "email": "ana@cornercafe.example",
        "currencyCode": "EUR",
        "ianaTimezone": "Europe/Lisbon",
        "myshopifyDomain": STORE,
    }


def version_record(handle: str) -> Record:
    return {"handle": handle, "displayName": handle, "supported": True}


@cache
def schema() -> GraphQLSchema:
    return build_schema(schema_text())


def schema_text() -> str:
    return files("sandbox.shopify").joinpath("schema.graphql").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def read_query(query: str) -> DocumentNode | Answer:
    """The document, or the answer that says why it cannot be one."""
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return {"errors": [{"message": error.message, "locations": refusals.locations(error)}]}
    errors = validate(schema(), document)
    return refusals.invalid_query(document, errors) if errors else document


def connections_asked(query: str) -> list[str]:
    """The root fields of a question, for faults that are meant for one of them."""
    read = read_query(query)
    return roots(read) if isinstance(read, DocumentNode) else []


def roots(document: DocumentNode) -> list[str]:
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    selections = [node for operation in operations for node in operation.selection_set.selections]
    return [node.name.value for node in selections if isinstance(node, FieldNode)]
