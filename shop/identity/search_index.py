"""Keeps the words by which customers are found (`customer_search`), and finds customers by them.

The words of a customer are those of all their records, so they are computed again wherever records
change their customer: with each ingested page, merge and split. Rows are written only where words
differ. A record whose source has it no more keeps its words: its customer can still be looked up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Select,
    and_,
    bindparam,
    delete,
    or_,
    select,
)
from sqlalchemy import SQLColumnExpression as Expression
from sqlmodel import col

from shop.db.upsert import IN_VALUES, insert_into, table_of
from shop.identity.contacts import in_batches
from shop.identity.search_words import SearchTerm, customer_words, prefix_range
from shop.tables import Customer, CustomerSearch, Identity
from shop.types.person_name import full_name


def update_search_words(connection: Connection, customer_ids: Collection[int]) -> None:
    """Writes the words of `customer_ids`, and deletes those that are theirs no more."""
    for batch in in_batches(customer_ids):
        before, after = _stored_words(connection, batch), _current_words(connection, batch)
        added = [
            {"customer_id": customer, "word": word}
            for customer, words in after.items()
            for word in sorted(words - before.get(customer, set()))
        ]
        removed = [
            {"owner": customer, "old_word": word}
            for customer, words in before.items()
            for word in words - after.get(customer, set())
        ]
        if added:
            connection.execute(insert_into(CustomerSearch), added)
        if removed:
            connection.execute(_delete_query(), removed)


def matches_term(customer: Expression[Any], term: SearchTerm) -> ColumnElement[bool]:
    """SQL condition: the customer of the column `customer` has a word that `term` asks for."""
    table = table_of(CustomerSearch).alias()
    of_customer = table.c.customer_id == customer
    return select(table.c.word).where(of_customer, _begins(table.c.word, term.prefixes)).exists()


def select_matching(*prefixes: str) -> Select[Any]:
    """Returns the query of the customers who have a word that begins with one of `prefixes`, by the
    index of words; a customer with several such words is repeated.
    """
    table = table_of(CustomerSearch)
    return select(table.c.customer_id).where(_begins(table.c.word, prefixes))


def _begins(word: Expression[Any], prefixes: Sequence[str]) -> ColumnElement[bool]:
    ranges = [prefix_range(prefix) for prefix in prefixes]
    return or_(*(and_(word >= first, word < last) for first, last in ranges))


def _stored_words(connection: Connection, customer_ids: list[int]) -> dict[int, set[str]]:
    words: dict[int, set[str]] = defaultdict(set)
    for customer, word in connection.execute(_stored_query(), {"values": customer_ids}):
        words[customer].add(word)
    return words


def _current_words(connection: Connection, customer_ids: list[int]) -> dict[int, set[str]]:
    records: dict[int, list[Any]] = defaultdict(list)
    for record in connection.execute(_records_query(), {"values": customer_ids}):
        records[record.id].append(record)
    return {customer: _words_of(rows) for customer, rows in records.items()}


def _words_of(records: Sequence[Any]) -> set[str]:
    """The words of one customer: each of their `records` carries their name and address, too."""
    customer = records[0]
    names = {f"{row.record_first or ''} {row.record_last or ''}" for row in records}
    keys = {key for row in records for key in (row.record_address, row.record_phone) if key}
    name = full_name(customer.first_name, customer.last_name)
    return customer_words(name, customer.email_key, names, keys)


@cache
def _stored_query() -> Select[Any]:
    table = table_of(CustomerSearch)
    return select(table.c.customer_id, table.c.word).where(table.c.customer_id.in_(IN_VALUES))


@cache
def _records_query() -> Select[Any]:
    return (
        select(
            col(Customer.id),
            col(Customer.first_name),
            col(Customer.last_name),
            col(Customer.email_key),
            col(Identity.first_name).label("record_first"),
            col(Identity.last_name).label("record_last"),
            col(Identity.email_key).label("record_address"),
            col(Identity.phone_key).label("record_phone"),
        )
        .outerjoin(Identity, col(Identity.customer_id) == col(Customer.id))
        .where(col(Customer.id).in_(IN_VALUES))
    )


@cache
def _delete_query() -> Delete:
    table = table_of(CustomerSearch)
    return delete(table).where(
        table.c.customer_id == bindparam("owner"), table.c.word == bindparam("old_word")
    )
