"""Those who typed their address on the sign-up page, until they confirm it or are forgotten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlmodel import col

from shop.db.upsert import table_of
from shop.identity.customers import email_key
from shop.tables import SignUp

CONFIRMATION_VALIDITY = timedelta(days=7)  # the link in the mail
UNCONFIRMED_RETENTION = timedelta(days=30)  # an address whose owner never confirmed it
HOUR = timedelta(hours=1)
MAX_PER_HOUR = 100  # over all addresses: nobody makes a shop write to a whole town
INITIAL_STATE = "queued"
ID_LENGTH = 32  # of the id of any mail: what comes back is known by it


@dataclass(frozen=True)
class SignUpRequest:
    """What somebody typed, and what they read above the button."""

    address: str
    first_name: str | None
    birthday: str | None
    wording: str


SignUpRow = Row[tuple[str, str, str | None, str | None, str, datetime, datetime | None]]


def store_signup(connection: Connection, request: SignUpRequest, *, now: datetime) -> bool:
    """The same for every address, known or not; False where too many came within the hour."""
    recent_count = select(func.count()).select_from(SignUp).where(col(SignUp.asked_at) > now - HOUR)
    if (connection.scalar(recent_count) or 0) >= MAX_PER_HOUR:
        return False
    row = {
        "id": secrets.token_hex(ID_LENGTH // 2), "address": request.address,
        "address_key": email_key(request.address), "first_name": request.first_name,
        "birthday": request.birthday, "wording": request.wording, "asked_at": now, "state": INITIAL_STATE,
        "attempts": 0,
    }  # fmt: skip
    connection.execute(insert(table_of(SignUp)), row)
    return True


def base_mailbox(key: str) -> str:
    """Where ana+cakes@example.com arrives at most providers: one person may have very many."""
    name, at, domain = key.rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


def load_open_signup(connection: Connection, sign_up_id: str, *, now: datetime) -> SignUpRow | None:
    """The sign-up, as long as its link holds; held until this is written."""
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
    """Who never said yes is nobody's business after a month; how many were forgotten."""
    conditions = (
        col(SignUp.confirmed_at).is_(None),
        col(SignUp.asked_at) < now - UNCONFIRMED_RETENTION,
    )
    counting_connection = connection.execution_options(preserve_rowcount=True)
    return counting_connection.execute(delete(SignUp).where(*conditions)).rowcount
