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

VALID = timedelta(days=7)  # the link in the mail
KEPT = timedelta(days=30)  # an address whose owner never confirmed it
HOUR = timedelta(hours=1)
MOST_AN_HOUR = 100  # over all addresses: nobody makes a shop write to a whole town
ASKED = "queued"
LETTERS = 32  # of the id of any mail: what comes back is known by it


@dataclass(frozen=True)
class Asked:
    """What somebody typed, and what they read above the button."""

    address: str
    first_name: str | None
    birthday: str | None
    wording: str


Found = Row[tuple[str, str, str | None, str | None, str, datetime, datetime | None]]


def keep(connection: Connection, asked: Asked, *, now: datetime) -> bool:
    """The same for every address, known or not; False where too many came within the hour."""
    lately = select(func.count()).select_from(SignUp).where(col(SignUp.asked_at) > now - HOUR)
    if (connection.scalar(lately) or 0) >= MOST_AN_HOUR:
        return False
    row = {
        "id": secrets.token_hex(LETTERS // 2), "address": asked.address,
        "address_key": email_key(asked.address), "first_name": asked.first_name,
        "birthday": asked.birthday, "wording": asked.wording, "asked_at": now, "state": ASKED,
        "attempts": 0,
    }  # fmt: skip
    connection.execute(insert(table_of(SignUp)), row)
    return True


def mailbox_of(key: str) -> str:
    """Where ana+cakes@example.com arrives at most providers: one person may have very many."""
    name, at, domain = key.rpartition("@")
    return f"{name.partition('+')[0]}{at}{domain}"


def still_open(connection: Connection, sign_up: str, *, now: datetime) -> Found | None:
    """The sign-up, as long as its link holds; held until this is written."""
    wanted = select(
        col(SignUp.id),
        col(SignUp.address),
        col(SignUp.first_name),
        col(SignUp.birthday),
        col(SignUp.wording),
        col(SignUp.asked_at),
        col(SignUp.confirmed_at),
    ).where(col(SignUp.id) == sign_up, col(SignUp.asked_at) > now - VALID)
    return connection.execute(wanted.with_for_update()).one_or_none()


def confirmed(connection: Connection, sign_up: str, *, now: datetime) -> None:
    this_one = col(SignUp.id) == sign_up
    connection.execute(update(SignUp).where(this_one).values(confirmed_at=now))


def forget_unconfirmed(connection: Connection, *, now: datetime) -> int:
    """Who never said yes is nobody's business after a month; how many were forgotten."""
    old = (col(SignUp.confirmed_at).is_(None), col(SignUp.asked_at) < now - KEPT)
    counted = connection.execution_options(preserve_rowcount=True)
    return counted.execute(delete(SignUp).where(*old)).rowcount
