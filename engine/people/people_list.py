"""Pages of a list of people: searched, sorted, and counted up to a limit.

A list of up to `MAX_SORTED` people is loaded and sorted whole. A longer one is read along the index
of its order, from the last person of the page before; its people are not counted.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    and_,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy import SQLColumnExpression as Expression
from sqlmodel import col

from engine.config.owner_config import OwnerConfig
from engine.explain.find_customer import find_numbers
from engine.explain.model import to_document
from engine.people.list_kinds import EVERYBODY, ListChoice, ListContext
from engine.people.listed_person import ListedPerson, load_listed
from settings.errors import WrongUsageError
from shop.db.upsert import IN_VALUES, table_of
from shop.identity.contacts import in_batches
from shop.identity.search_index import matches_term, select_matching
from shop.identity.search_words import NAME_MARK, SearchTerm, prefix_range, search_terms
from shop.tables import Customer, CustomerSearch, Metrics
from shop.types.moment import microseconds

PAGE_SIZE = 50
MAX_SORTED = 5_000
MAX_MATCHES = 50_000  # words of a term, up to which all who have one are loaded
MAX_INTEGER = 2**62  # that a database compares
Key = int | str | None


class Sort(StrEnum):
    """The order of a list."""

    LAST_VISIT = "last visit"  # the latest first
    SPENT = "spent"  # the most first
    OVERDUE = "overdue"  # who has become overdue last, first
    NAME = "name"


@dataclass(frozen=True)
class PeopleRequest:
    """Which people, in which order, after which one: `after` is a `PeoplePage.next_after`."""

    choice: ListChoice = field(default_factory=lambda: ListChoice(EVERYBODY, {}))
    search: str = ""
    sort: Sort = Sort.LAST_VISIT
    after: str = ""
    size: int = PAGE_SIZE


@dataclass(frozen=True)
class PeoplePage:
    """Some people of a list. `total` is None where there are more than `MAX_SORTED`.

    Where `leaves_out` is true, people without a place in this order, such as those without a visit,
    are not in the list.
    """

    people: Sequence[ListedPerson]
    total: int | None
    next_after: str = ""
    leaves_out: bool = False


def load_people(
    connection: Connection, config: OwnerConfig, request: PeopleRequest, *, now: datetime
) -> PeoplePage:
    """Returns the page of `request` at `now`; a person of an unknown `after` is the first."""
    context = ListContext(config, now, connection)
    terms = search_terms(request.search, config.shop.country)
    if request.search.strip() and not terms:
        return PeoplePage([], 0)
    listed = request.choice.select(context)
    ids = _few_customers(connection, listed, terms)
    after = _read_position(request.after, str if request.sort is Sort.NAME else int)
    order = _order(request.sort, now)
    if ids is None:
        placed = _walk(connection, order, listed, terms, after, request.size + 1)
    else:
        if terms and listed is None:
            ids |= set(find_numbers(connection, request.search, config.shop.country))
        placed = _sorted_after(connection, order, ids, after)[: request.size + 1]
    shown = placed[: request.size]
    has_more = len(placed) > request.size
    return PeoplePage(
        people=load_listed(connection, config, [customer for _, customer in shown], now=now),
        total=None if ids is None else len(ids),
        next_after=_write_position(*shown[-1]) if has_more else "",
        leaves_out=ids is None and not has_more and request.sort is not Sort.NAME,
    )


def parse_sort(text: str) -> Sort:
    """Returns the order that `text` names; raises `WrongUsageError` for an unknown one."""
    orders = [member.value for member in Sort]
    if text not in orders:
        raise WrongUsageError(f"There is no order {text[:40]}. There are: {', '.join(orders)}.")
    return Sort(text)


def describe_total(page: PeoplePage) -> str:
    """Returns how many people the list of `page` has, in words."""
    if page.total is None:
        return f"more than {MAX_SORTED:,} people"
    return "1 person" if page.total == 1 else f"{page.total:,} people"


def page_document(page: PeoplePage, request: PeopleRequest) -> dict[str, Any]:
    """Returns the page as JSON-serializable data. `total` is null where it is above the limit."""
    return {
        "list": request.choice.kind,
        "parameters": dict(request.choice.parameters),
        "search": request.search,
        "sort": request.sort.value,
        "title": request.choice.title,
        "total": page.total,
        "people": [to_document(person) for person in page.people],
        "next_after": page.next_after or None,
    }


def _few_customers(
    connection: Connection, listed: Select[Any] | None, terms: Sequence[SearchTerm]
) -> set[int] | None:
    """The customers of the list who match all `terms`; None where they are more than MAX_SORTED."""
    rare = [term for term in terms if _count_words(connection, term) < MAX_MATCHES]
    if rare:
        ids = _matching_all(connection, rare, [term for term in terms if term not in rare])
        ids = ids if listed is None else _among(connection, listed, ids)
    else:
        query = _listed_query(listed, terms)
        ids = set(connection.scalars(query.distinct().limit(MAX_SORTED + 1)))
    return None if len(ids) > MAX_SORTED else ids


def _count_words(connection: Connection, term: SearchTerm) -> int:
    return sum(_count_beginning(connection, prefix) for prefix in term.prefixes)


def _count_beginning(connection: Connection, prefix: str) -> int:
    words = select_matching(prefix).limit(MAX_MATCHES).subquery()
    return connection.scalar(select(func.count()).select_from(words)) or 0


def _matching(connection: Connection, term: SearchTerm) -> set[int]:
    """One query a prefix: for several ranges PostgreSQL would read the rows, not the index."""
    queries = [select_matching(prefix) for prefix in term.prefixes]
    return {customer for query in queries for customer in connection.scalars(query)}


def _matching_all(
    connection: Connection, rare: Sequence[SearchTerm], common: Sequence[SearchTerm]
) -> set[int]:
    """Whoever matches all rare terms, each along the index of words; of these, who matches the
    others.
    """
    ids = set[int].intersection(*(_matching(connection, term) for term in rare))
    for term in common:
        ids = _among(connection, select_matching(*term.prefixes), ids)
    return ids


def _among(connection: Connection, listed: Select[Any], ids: set[int]) -> set[int]:
    """Those of `ids` that the query has."""
    query = listed.where(listed.selected_columns[0].in_(IN_VALUES)).distinct()
    batches = [connection.scalars(query, {"values": batch}) for batch in in_batches(ids)]
    return {customer for batch in batches for customer in batch}


def _listed_query(listed: Select[Any] | None, terms: Sequence[SearchTerm]) -> Select[Any]:
    """Terms that so many match that the first people are found soon."""
    if not terms:
        return select(col(Customer.id)) if listed is None else listed
    first, *others = terms
    customer = table_of(CustomerSearch).c.customer_id
    query = select_matching(*first.prefixes).where(
        *(matches_term(customer, term) for term in others)
    )
    return query if listed is None else query.where(_is_listed(listed, customer))


def _is_listed(listed: Select[Any], customer: Expression[Any]) -> ColumnElement[bool]:
    return listed.where(listed.selected_columns[0] == customer).exists()


@dataclass(frozen=True)
class Order:
    """An order of customers by the column `key` of an index, of the rows that meet `condition`."""

    customer: Expression[Any]
    key: Expression[Any]
    condition: ColumnElement[bool]
    descending: bool

    def follows(self, key: Key, customer: int) -> ColumnElement[bool]:
        """SQL condition: the row comes after that of `customer` with `key`."""
        if self.descending:
            return and_(self.key <= key, or_(self.key < key, self.customer < customer))
        return and_(self.key >= key, or_(self.key > key, self.customer > customer))

    def columns(self) -> tuple[Any, Any]:
        """The columns to sort by."""
        if self.descending:
            return self.key.desc(), self.customer.desc()
        return self.key, self.customer


def _order(sort: Sort, now: datetime) -> Order:
    """By aliases: the query of a list may be of the same table."""
    if sort is Sort.NAME:
        names = table_of(CustomerSearch).alias()
        first, last = prefix_range(NAME_MARK)
        is_name = and_(names.c.word >= first, names.c.word < last)
        return Order(names.c.customer_id, names.c.word, is_name, descending=False)
    metrics = table_of(Metrics).alias()
    column = metrics.c[
        {
            Sort.LAST_VISIT: "last_visit_at",
            Sort.SPENT: "spent",
            Sort.OVERDUE: "expected_back_at",
        }[sort]
    ]
    key = type_coerce(column, BigInteger)
    is_placed = key.is_not(None) if sort is not Sort.OVERDUE else key <= microseconds(now)
    return Order(metrics.c.customer_id, key, is_placed, descending=True)


def _walk(
    connection: Connection,
    order: Order,
    listed: Select[Any] | None,
    terms: Sequence[SearchTerm],
    after: tuple[Key, int] | None,
    size: int,
) -> list[tuple[Key, int]]:
    """Along the index of the order, until `size` people of the list have come."""
    query = select(order.key, order.customer).where(order.condition)
    query = query.where(*(matches_term(order.customer, term) for term in terms))
    if listed is not None:
        query = query.where(_is_listed(listed, order.customer))
    if after is not None and after[0] is not None:
        query = query.where(order.follows(*after))
    rows = connection.execute(query.order_by(*order.columns()).limit(size))
    return [(key, customer) for key, customer in rows]


def _sorted_after(
    connection: Connection, order: Order, ids: Collection[int], after: tuple[Key, int] | None
) -> list[tuple[Key, int]]:
    """All of `ids` that come after the position; those without a key are the last."""
    keys = _load_keys(connection, order, ids)
    with_key = [(key, customer) for customer, key in keys.items()]
    without_key: list[tuple[Key, int]] = [(None, customer) for customer in ids - keys.keys()]
    placed = sorted(with_key, reverse=order.descending) + sorted(without_key, key=_customer_of)
    if after is None:
        return placed
    return [place for place in placed if _is_after(order, place, after)]


def _customer_of(place: tuple[Key, int]) -> int:
    return place[1]


def _is_after(order: Order, place: tuple[Any, int], after: tuple[Any, int]) -> bool:
    if after[0] is None or place[0] is None:
        return place[0] is None and (after[0] is not None or place[1] > after[1])
    return place < after if order.descending else place > after


def _load_keys(connection: Connection, order: Order, ids: Collection[int]) -> Mapping[int, Any]:
    if not ids:
        return {}
    query = select(order.customer, order.key).where(order.condition, order.customer.in_(IN_VALUES))
    return dict(connection.execute(query, {"values": sorted(ids)}).tuples().all())


def _write_position(key: Key, customer: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([key, customer]).encode()).decode().rstrip("=")


def _read_position(text: str, kind: type) -> tuple[Key, int] | None:
    """The key, None or of `kind`, and the customer; None for what is no position: then the list
    is shown from its first person.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        key, customer = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, RecursionError):
        return None
    is_key = key is None or type(key) is kind
    integers = [number for number in (key, customer) if isinstance(number, int)]
    are_small = all(abs(number) < MAX_INTEGER for number in integers)
    return (key, customer) if is_key and type(customer) is int and are_small else None
