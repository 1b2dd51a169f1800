"""Stores sign-ups until their address is confirmed or the retention time is over."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlmodel import col

from shop.db.upsert import table_of
from shop.identity.customers import email_key
from shop.tables import SignUp

CONFIRMATION_VALIDITY = timedelta(days=7)  # of the confirmation link
UNCONFIRMED_RETENTION = timedelta(days=30)  # of an address that was never confirmed
HOUR = timedelta(hours=1)
MAX_PER_HOUR = 100  # over all addresses, so that the form cannot be used to flood others
INITIAL_STATE = "queued"
ID_LENGTH = 32  # as for every mail, so that bounces of it are recognised


@dataclass(frozen=True)
class SignUpRequest:
    """What was typed into the form, and the wording above its button."""

    address: str
    first_name: str | None
    birthday: str | None
    wording: str


SignUpRow = Row[tuple[str, str, str | None, str | None, str, datetime, datetime | None]]


def store_signup(connection: Connection, request: SignUpRequest, *, now: datetime) -> bool:
    """Stores `request`; returns False where the limit per hour is reached.

    Known and unknown addresses are treated alike.
    """
    recent_count = select(func.count()).select_from(SignUp).where(col(SignUp.asked_at) > now - HOUR)
    if (connection.scalar(recent_count) or 0) >= MAX_PER_HOUR:
        return False
    row = {
        "id": secrets.token_hex(ID_LENGTH // 2), "address": request.address,
        "address_key": email_key(request.address), "first_name": request.first_name,
        "birthday": request.birthday, "wording": request.wording, "asked_at": now,
        "state": INITIAL_STATE, "attempts": 0,
    }  # fmt: skip
    connection.execute(insert(table_of(SignUp)), row)
    return True


def base_mailbox(key: str) -> str:
    """The address without its +tag: at most providers all tagged addresses reach one mailbox."""
    name, at, domain = key.rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


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
    ).where(col(SignUp.id) == sign_up_id, col(SignUp.asked_at) > now - CONFIRMATION_VALIDITY)
    return connection.execute(statement.with_for_update()).one_or_none()


def mark_confirmed(connection: Connection, sign_up_id: str, *, now: datetime) -> None:
    is_sign_up = col(SignUp.id) == sign_up_id
    connection.execute(update(SignUp).where(is_sign_up).values(confirmed_at=now))


def delete_unconfirmed(connection: Connection, *, now: datetime) -> int:
    """Deletes sign-ups that were never confirmed, after their retention time; returns how many."""
    conditions = (
        col(SignUp.confirmed_at).is_(None),
        col(SignUp.asked_at) < now - UNCONFIRMED_RETENTION,
    )
    counting_connection = connection.execution_options(preserve_rowcount=True)
    return counting_connection.execute(delete(SignUp).where(*conditions)).rowcount
