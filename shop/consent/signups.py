"""Stores sign-ups until their address is confirmed or the retention time is over."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlmodel import col

from shop.consent.mailbox_spellings import mailbox_of
from shop.db.upsert import table_of
from shop.identity.customers import email_key
from shop.tables import SignUp

CONFIRMATION_VALIDITY = timedelta(days=7)  # of the confirmation link
UNCONFIRMED_RETENTION = timedelta(days=30)  # of an address that was never confirmed
HOUR = timedelta(hours=1)
MAX_PER_HOUR = 100  # over all addresses, so that the form cannot be used to flood others
MAX_PER_PLACE = 40
MAX_FROM_NEW_PLACES = 50  # places from which no sign-up was ever confirmed
PLACE_RETENTION = timedelta(days=90)
UNKNOWN_PLACE = ""
INITIAL_STATE = "queued"
ID_LENGTH = 32  # as for every mail, so that bounces of it are recognised


@dataclass(frozen=True)
class SignUpRequest:
    """What was typed into the form, and the wording above its button."""

    address: str
    first_name: str | None
    birthday: str | None
    wording: str
    place: str = UNKNOWN_PLACE  # what the requests of one network have in common
    language: str | None = None  # the code of the page's, where the shop has a choice


SignUpRow = Row[tuple[str, str, str | None, str | None, str, datetime, datetime | None, str | None]]


def store_signup(connection: Connection, request: SignUpRequest, *, now: datetime) -> bool:
    """Stores `request`; returns False where one of the limits per hour is reached.

    Known and unknown addresses are treated alike.
    """
    if not _has_capacity(connection, request.place, now):
        return False
    row = {
        "id": secrets.token_hex(ID_LENGTH // 2), "address": request.address,
        "address_key": email_key(request.address), "mailbox": mailbox_of(request.address),
        "place": request.place, "first_name": request.first_name,
        "birthday": request.birthday, "wording": request.wording, "asked_at": now,
        "state": INITIAL_STATE, "attempts": 0, "language": request.language,
    }  # fmt: skip
    connection.execute(insert(table_of(SignUp)), row)
    return True


def _has_capacity(connection: Connection, place: str, now: datetime) -> bool:
    """Strangers may not use up what guests need: new places share a part of the hour's limit, and
    no place may take more than its own.
    """
    counts = _recent_counts(connection, now)
    known = _known_places(connection, {place, *counts}, now)
    from_new_places = sum(count for other, count in counts.items() if other not in known)
    return (
        sum(counts.values()) < MAX_PER_HOUR
        and counts.get(place, 0) < MAX_PER_PLACE
        and (place in known or from_new_places < MAX_FROM_NEW_PLACES)
    )


def _recent_counts(connection: Connection, now: datetime) -> dict[str, int]:
    """By place, how many sign-ups of the last hour."""
    place = func.coalesce(col(SignUp.place), UNKNOWN_PLACE)
    query = select(place, func.count()).where(col(SignUp.asked_at) > now - HOUR).group_by(place)
    return dict(connection.execute(query).tuples().all())


def _known_places(connection: Connection, places: Collection[str], now: datetime) -> set[str]:
    """Those of `places` from which a sign-up was confirmed."""
    confirmed = col(SignUp.confirmed_at) > now - PLACE_RETENTION
    query = select(col(SignUp.place)).where(col(SignUp.place).in_(places), confirmed)
    return {place for place in connection.scalars(query.distinct()) if place}


def load_open_signup(connection: Connection, sign_up_id: str, *, now: datetime) -> SignUpRow | None:
    """Returns the sign-up and locks its row; None where its confirmation link has expired."""
    statement = select(
        col(SignUp.id),
        col(SignUp.address),
        col(SignUp.first_name),
        col(SignUp.birthday),
        col(SignUp.wording),
        col(SignUp.asked_at),
        col(SignUp.confirmed_at),
        col(SignUp.language),
    ).where(col(SignUp.id) == sign_up_id, col(SignUp.asked_at) > now - CONFIRMATION_VALIDITY)
    return connection.execute(statement.with_for_update()).one_or_none()


def mark_confirmed(connection: Connection, sign_up_id: str, *, now: datetime) -> None:
    is_sign_up = col(SignUp.id) == sign_up_id
    connection.execute(update(SignUp).where(is_sign_up).values(confirmed_at=now))


def delete_unconfirmed(connection: Connection, *, now: datetime) -> int:
    """Deletes sign-ups that were never confirmed, after their retention time; returns how many.

    Of those that were confirmed, the place is forgotten after its own.
    """
    forgotten = (col(SignUp.place).is_not(None), col(SignUp.asked_at) < now - PLACE_RETENTION)
    connection.execute(update(SignUp).where(*forgotten).values(place=None))
    conditions = (
        col(SignUp.confirmed_at).is_(None),
        col(SignUp.asked_at) < now - UNCONFIRMED_RETENTION,
    )
    counting_connection = connection.execution_options(preserve_rowcount=True)
    return counting_connection.execute(delete(SignUp).where(*conditions)).rowcount
