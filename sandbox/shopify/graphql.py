"""Executes GraphQL queries on the café's data: parse, price, execute, shape the response."""

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
from sandbox.shopify.consent import id_number
from sandbox.shopify.pagination import RecordStore, page_size
from sandbox.shopify.query_cost import MAX_QUERY_COST, Bucket, query_cost
from sandbox.shopify.records import (
    Record,
    abandonment_record,
    checkout_record,
    connection,
    customer_record,
    order_record,
)
from sandbox.shopify.search import Search, parse_search
from sandbox.shopify.tokens import SCOPES

STORE_DOMAIN = "corner-cafe.myshopify.com"
VERSIONS = ("2026-07", "2026-10")
JsonBody = dict[str, Any]
Warnings = list[dict[str, Any]]
Info = GraphQLResolveInfo[Any]


class Shop:
    """The café as one Shopify store; its records can change between requests."""

    def __init__(
        self,
        cafe: Cafe,
        bucket: Bucket | None = None,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.bucket = bucket or Bucket()
        self.clock = clock or (lambda: cafe.now)  # the time of mutations
        # Executed queries, newest last: their root fields and variables.
        self.received_queries: deque[tuple[list[str], JsonBody]] = deque(maxlen=1_000)
        # Checkouts for which the store itself sent a reminder.
        self.reminded: set[int] = set()
        self.customers: RecordStore[Customer] = RecordStore(
            cafe.customers,
            {
                "created_at": lambda customer: customer.created_at,
                "customer_date": lambda customer: customer.created_at,
                "updated_at": lambda customer: customer.updated_at,
            },
        )
        self.orders: RecordStore[Order] = RecordStore(
            cafe.orders,
            {
                "created_at": lambda order: order.placed_at,
                "processed_at": lambda order: order.placed_at,
                "updated_at": lambda order: order.updated_at,
            },
        )
        self.checkouts: RecordStore[Checkout] = RecordStore(
            cafe.checkouts,
            {
                "created_at": lambda checkout: checkout.created_at,
                "updated_at": lambda checkout: checkout.updated_at,
            },
        )

    def execute(
        self,
        query: str,
        variables: Mapping[str, Any] | None = None,
        scopes: Collection[str] = SCOPES,
    ) -> JsonBody:
        """Return the response to `query`, with its cost; throttled if the bucket is too empty."""
        document, variable_values = parse_query(query), dict(variables or {})
        if not isinstance(document, DocumentNode):
            return document
        requested = query_cost(schema(), document, variable_values)
        if requested > MAX_QUERY_COST:
            return {"errors": [refusals.cost_exceeded_error(requested, MAX_QUERY_COST)]}
        if requested > self.bucket.available():
            return self.throttled(requested)
        self.received_queries.append((root_fields(document), variable_values))
        warnings: Warnings = []
        result = execute_sync(
            schema(),
            document,
            self.root_value(warnings, scopes),
            variable_values=variable_values,
            field_resolver=resolve_field,
        )
        actual = query_cost(schema(), document, variable_values, count_records(result.data))
        self.bucket.spend(actual)
        extensions = {
            "cost": self.cost_extension(requested, actual),
            **({"search": warnings} if warnings else {}),
        }
        return {**response_body(result), "extensions": extensions}

    def throttled(self, requested: int) -> JsonBody:
        cost = self.cost_extension(requested, None)
        return {"errors": [refusals.throttled_error()], "extensions": {"cost": cost}}

    def cost_extension(self, requested: int, actual: int | None) -> dict[str, Any]:
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }

    def root_value(self, warnings: Warnings, scopes: Collection[str]) -> Record:
        """Return the resolvers of the root fields; they append to `warnings`."""

        def buyer(number: int | None) -> Customer | None:
            return self.customers.get(number)

        def to_order(order: Order) -> Record:
            return order_record(order, buyer)

        def to_checkout(checkout: Checkout) -> Record:
            return checkout_record(checkout, buyer)

        return {
            "customers": page_resolver(self.customers, customer_record, warnings),
            "orders": page_resolver(self.orders, to_order, warnings),
            "abandonedCheckouts": page_resolver(self.checkouts, to_checkout, warnings),
            "customersCount": count_resolver("customers", self.customers, warnings),
            "ordersCount": count_resolver("orders", self.orders, warnings),
            "abandonedCheckoutsCount": count_resolver(
                "abandonedCheckouts", self.checkouts, warnings
            ),
            "customer": record_resolver(self.customers, customer_record),
            "order": record_resolver(self.orders, to_order),
            "abandonmentByAbandonedCheckoutId": record_resolver(self.checkouts, self.abandonment),
            consent.MUTATION: consent.consent_updater(self.customers, self.clock, scopes),
            "shop": shop_record(),
            "publicApiVersions": [version_record(handle) for handle in VERSIONS],
        }

    def abandonment(self, checkout: Checkout) -> Record:
        return abandonment_record(checkout, reminded=checkout.number in self.reminded)


def response_body(result: ExecutionResult) -> JsonBody:
    if not result.errors:
        return {"data": result.data}
    return {
        "data": result.data,
        "errors": [refusals.execution_error(error) for error in result.errors],
    }


def resolve_field(source: Record, info: Info, **arguments: Any) -> Any:
    value = source[info.field_name]
    return value(info, **arguments) if callable(value) else value


def page_resolver(
    store: RecordStore[Any], to_record: Callable[[Any], Record], warnings: Warnings
) -> Callable[..., Record]:
    """Return the resolver of a connection that pages through `store`."""

    def resolve_page(
        info: Info,
        sortKey: str,  # noqa: N803 - Shopify's name
        first: int | None = None,
        after: str | None = None,
        query: str | None = None,
        reverse: bool = False,
    ) -> Record:
        search = parse_search(info.field_name, query)
        warnings.extend(search_warnings(info, query, search))
        page = store.page(sortKey.lower(), search.bounds, page_size(first), after, reverse=reverse)
        return connection([to_record(node) for node in page.records], page)

    return resolve_page


def count_resolver(name: str, store: RecordStore[Any], warnings: Warnings) -> Callable[..., Record]:
    """Return the resolver of a count of records in `store`."""

    def resolve_count(info: Info, limit: int | None, query: str | None = None) -> Record:
        search = parse_search(name, query)
        warnings.extend(search_warnings(info, query, search))
        # One more than the limit distinguishes EXACT from AT_LEAST.
        count = store.count(search.bounds, None if limit is None else limit + 1)
        if limit is None or count <= limit:
            return {"count": count, "precision": "EXACT"}
        return {"count": limit, "precision": "AT_LEAST"}

    return resolve_count


def record_resolver(
    store: RecordStore[Any], to_record: Callable[[Any], Record]
) -> Callable[..., Record | None]:
    """Return the resolver of a single record of `store`."""

    def resolve_one(_info: Info, **arguments: str) -> Record | None:
        [gid] = arguments.values()  # `id`, or `abandonedCheckoutId`
        node = store.get(id_number(gid))
        return None if node is None else to_record(node)

    return resolve_one


def search_warnings(info: Info, query: str | None, search: Search) -> Warnings:
    if not search.warnings:
        return []
    return [{"path": info.path.as_list(), "query": query, "warnings": search.warnings}]


def count_records(data: dict[str, Any] | None) -> dict[str, int]:
    """Return how many records each root connection of `data` holds."""
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
        "myshopifyDomain": STORE_DOMAIN,
    }


def version_record(handle: str) -> Record:
    return {"handle": handle, "displayName": handle, "supported": True}


@cache
def schema() -> GraphQLSchema:
    return build_schema(schema_text())


def schema_text() -> str:
    return files("sandbox.shopify").joinpath("schema.graphql").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def parse_query(query: str) -> DocumentNode | JsonBody:
    """Return the parsed `query`, or the response with its syntax or validation errors."""
    try:
        document = parse(query)
    except GraphQLSyntaxError as error:
        return {"errors": [{"message": error.message, "locations": refusals.locations(error)}]}
    errors = validate(schema(), document)
    return refusals.invalid_query(document, errors) if errors else document


def requested_connections(query: str) -> list[str]:
    """Return the root fields of `query`; faults can be planned for one of them."""
    document = parse_query(query)
    return root_fields(document) if isinstance(document, DocumentNode) else []


def root_fields(document: DocumentNode) -> list[str]:
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    selections = [node for operation in operations for node in operation.selection_set.selections]
    return [node.name.value for node in selections if isinstance(node, FieldNode)]
