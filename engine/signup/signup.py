"""Somebody's yes from the shop's own page: asked for there, and confirmed from their mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.open.open_shop import OpenShop
from engine.time_format import moment_told
from mail.message.signed_links import read_sign_up_token
from shop.consent import signups
from shop.consent.basis import EMAIL, Says, said_no_since
from shop.consent.signup_config import SOURCE, sentence
from shop.consent.signups import Asked, Found
from shop.db.engine import reading, writing
from shop.identity.customers import email_key, one_writer
from shop.ingest.arrivals import Arrivals, arrive
from shop.tables import Basis, Identity
from shop.types.moment import microseconds

NONE_OF_OURS = ""  # no sign-up has this id


@dataclass(frozen=True)
class Waiting:
    """What a press on the button would write down."""

    says: str
    address: str
    first_name: str | None
    birthday: str | None


def wording(shop: OpenShop) -> str | None:
    """What people say yes to; None where the shop has no such page."""
    page = shop.file.sign_up
    if page is None:
        return None
    return sentence(page, shop.file.shop.name, shop.file.sending.no_more_than)


def ask(shop: OpenShop, asked: Asked, *, now: datetime) -> bool:
    """Keep it; the mail is written later, so that the answer takes as long whoever it is."""
    with writing(shop.engine) as connection:
        return signups.keep(connection, asked, now=now)


def waiting(shop: OpenShop, token: str, *, now: datetime) -> Waiting | None:
    """Behind the link in the mail; None where it is not ours, or holds no more."""
    with reading(shop.engine) as connection:
        found = _behind(connection, shop, token, now)
        if found is None or _no_came_later(connection, found):
            return None
    return Waiting(found.wording, found.address, found.first_name, found.birthday)


def confirm(shop: OpenShop, token: str, *, now: datetime) -> bool:
    """The yes, once; False where the link holds no more, or a no came later."""
    with writing(shop.engine) as connection:
        one_writer(connection)  # no word of theirs comes between the look and the yes
        found = _behind(connection, shop, token, now)
        if found is None or _no_came_later(connection, found):
            return False
        if not found.confirmed_at:
            signups.confirmed(connection, found.id, now=now)
            said = Arrivals(identities=[_identity(found, now)], statements=[_yes(shop, found, now)])
            arrive(connection, SOURCE, said, country=shop.file.shop.country, now=now)
    return True


def _behind(connection: Connection, shop: OpenShop, token: str, now: datetime) -> Found | None:
    """The database is asked either way, so that the time an answer takes tells nothing."""
    sign_up = read_sign_up_token(shop.secret, token) or NONE_OF_OURS
    return signups.still_open(connection, sign_up, now=now)


def _no_came_later(connection: Connection, found: Found) -> bool:
    """Than they asked; and than they pressed, unless they have said yes once more since."""
    if found.confirmed_at:
        return not _says_yes(connection, found.address)
    return said_no_since(connection, found.address, found.asked_at)


def _identity(found: Found, now: datetime) -> dict[str, Any]:
    """Whoever signs up twice with one address is one record, which says what was said last."""
    return {
        "source": SOURCE, "external_id": email_key(found.address), "email": found.address,
        "email_key": email_key(found.address), "phone": None, "first_name": found.first_name,
        "last_name": None, "language": None, "timezone": None, "birthday": found.birthday,
        "tags": "[]", "joined_at": found.asked_at, "version": microseconds(now),
    }  # fmt: skip


def _yes(shop: OpenShop, found: Found, now: datetime) -> dict[str, Any]:
    asked = moment_told(found.asked_at, shop.file.shop.zone)
    return {
        "customer_id": None, "source": SOURCE, "external_id": email_key(found.address),
        "channel": EMAIL, "says": Says.YES.value, "said_at": now, "recorded_at": now,
        "evidence": f"double opt-in: asked on {asked}, confirmed from mail {found.id}",
        "wording": found.wording, "actor": "the customer",
    }  # fmt: skip


def _says_yes(connection: Connection, address: str) -> bool:
    theirs = (
        select(col(Basis.state))
        .join(Identity, col(Identity.customer_id) == col(Basis.customer_id))
        .where(
            col(Identity.source) == SOURCE,
            col(Identity.external_id) == email_key(address),
            col(Basis.channel) == EMAIL,
        )
    )
    return connection.scalar(theirs) == Says.YES.value
