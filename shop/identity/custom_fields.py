"""The owner's own columns of a customer: allergy, favourite roast.

Of several records of a person with a value under one name, the one that was read last decides, as
for names. A record that its source no longer has does not count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.db.binary_order import BinaryOrder
from shop.db.upsert import IN_VALUES, Row
from shop.identity.absence import CONFIRMED
from shop.identity.tags import tag_key
from shop.tables import CustomField, Identity

NUMBER = re.compile(r"(-?[0-9]{1,12})(?:[.,]([0-9]{1,4}))?")
THOUSANDS = re.compile(r"-?[1-9][0-9]{0,2}[.,][0-9]{3}")  # a thousand, or one and a fraction
NUMBER_DIGITS = 4  # after the point


def folded_text(text: str) -> str:
    """Return what all spellings of `text` have in common, as for tags."""
    return tag_key(text)


def text_number(text: str) -> int | None:
    """Return the number that `text` is, in ten-thousandths; None where it is none, or ambiguous."""
    match = NUMBER.fullmatch(text)
    if match is None or THOUSANDS.fullmatch(text):
        return None
    return int(f"{match[1]}{(match[2] or '').ljust(NUMBER_DIGITS, '0')}")


def custom_field_row(row: Row) -> Row:
    """Return `row` (source, external_id, name, value, version) with what is compared."""
    value = row["value"]
    return {**row, "folded": folded_text(value), "number": text_number(value)}


def custom_field(customer: Any, name: str, column: Any) -> ColumnElement[Any]:
    """SQL expression: `column` of the field `name` that decides for `customer`; NULL without one.

    `customer` is the column of the customer's id, `column` one of `CustomField`.
    """
    identity, fields = aliased(Identity), aliased(CustomField)
    return (
        select(getattr(fields, column.key))
        .join(identity, _is_of(fields, identity))
        .where(col(identity.customer_id) == customer, col(fields.name) == name)
        .order_by(*_deciding_order(fields))
        .limit(1)
        .scalar_subquery()
    )


def load_custom_fields(
    connection: Connection, customer_ids: Collection[int]
) -> dict[int, dict[str, str]]:
    """Return the values that decide, by customer and name."""
    values: dict[int, dict[str, str]] = defaultdict(dict)
    for row in connection.execute(_values_query(), {"values": list(customer_ids)}):
        values[row.customer_id].setdefault(row.name, row.value)
    return values


def load_fields_by_record(
    connection: Connection, customer_id: int
) -> Mapping[tuple[str, str], dict[str, str]]:
    """Return all values of a customer by record (source, external_id), for its owner to see."""
    rows = connection.execute(
        select(
            col(CustomField.source), col(CustomField.external_id), col(CustomField.name),
            col(CustomField.value),
        )
        .join(Identity, _has_key(CustomField, Identity))
        .where(col(Identity.customer_id) == customer_id)
        .order_by(col(CustomField.name))
    )  # fmt: skip
    records: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in rows:
        records[row.source, row.external_id][row.name] = row.value
    return records


@cache
def _values_query() -> Select[Any]:
    return (
        select(col(Identity.customer_id), col(CustomField.name), col(CustomField.value))
        .join(Identity, _is_of(CustomField, Identity))
        .where(col(Identity.customer_id).in_(IN_VALUES))
        .order_by(*_deciding_order(CustomField))
    )


def _deciding_order(fields: type[CustomField]) -> list[Any]:
    sources = BinaryOrder(col(fields.source)), BinaryOrder(col(fields.external_id))
    return [col(fields.version).desc(), *sources]


def _is_of(fields: type[CustomField], identity: type[Identity]) -> ColumnElement[bool]:
    is_present = or_(col(identity.absence).is_(None), col(identity.absence).not_in(CONFIRMED))
    return and_(_has_key(fields, identity), is_present)


def _has_key(fields: type[CustomField], identity: type[Identity]) -> ColumnElement[bool]:
    return and_(
        col(identity.source) == col(fields.source),
        col(identity.external_id) == col(fields.external_id),
    )
