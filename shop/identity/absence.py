"""Identities that their source no longer has: deleted at a platform, or left out of a file."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy import SQLColumnExpression as Expression
from sqlalchemy.orm import aliased
from sqlmodel import col

from shop.db.constant_values import is_one_of
from shop.tables import Identity


class Absence(StrEnum):
    """Why an identity counts as absent; the values of `identities.absence`."""

    UNCONFIRMED = "unconfirmed"  # missing in one list, with too many others to believe it
    GONE = "gone"
    SOURCE_REMOVED = "source removed"  # the source has left config.yaml


CONFIRMED = (Absence.GONE.value, Absence.SOURCE_REMOVED.value)


def is_absent_record(source: Expression[Any], external_id: Expression[Any]) -> ColumnElement[bool]:
    """SQL condition: the source no longer has the record that it called `external_id`."""
    identity = aliased(Identity)
    of_record = and_(col(identity.source) == source, col(identity.external_id) == external_id)
    absent = is_one_of(col(identity.absence), CONFIRMED)
    return select(col(identity.id)).where(of_record, absent).exists()


def is_absent_customer(customer: Expression[Any]) -> ColumnElement[bool]:
    """SQL condition: no source has `customer` any more."""
    absent, present = aliased(Identity), aliased(Identity)
    is_known = col(present.absence).is_(None) | ~is_one_of(col(present.absence), CONFIRMED)
    return and_(
        select(col(absent.id))
        .where(col(absent.customer_id) == customer, is_one_of(col(absent.absence), CONFIRMED))
        .exists(),
        ~select(col(present.id)).where(col(present.customer_id) == customer, is_known).exists(),
    )
