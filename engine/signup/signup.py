"""Handles sign-ups from the shop's page: the request and its confirmation from the mailbox."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select
from sqlmodel import col

from engine.open.open_shop import OpenShop
from mail.message.signed_links import read_sign_up_token
from shop.consent import signups
from shop.consent.basis import EMAIL, ConsentValue, opted_out_since
from shop.consent.signup_config import SIGNUP_SOURCE, consent_wording
from shop.consent.signups import SignUpRequest, SignUpRow
from shop.db.engine import read_transaction, write_transaction
from shop.identity.customers import email_key, lock_identity_writes
from shop.ingest.source_rows import SourceRows, ingest_rows
from shop.tables import Basis, Identity
from shop.types.moment import microseconds
from templates.language import ENGLISH, Language

PLACE_LENGTH = 16  # hex digits
UNKNOWN_ID = ""  # no sign-up has this id


@dataclass(frozen=True)
class PendingSignUp:
    """What confirming would record."""

    wording: str
    address: str
    first_name: str | None
    birthday: str | None
    language: str | None  # of the page they came from


def page_language(shop: OpenShop, wanted: Language) -> Language:
    """Returns the language of the sign-up pages to somebody who reads `wanted`: the shop's where
    the owner's sentence is in no other.
    """
    says = shop.config.sign_up.says if shop.config.sign_up else None
    is_written = says is None or (not isinstance(says, str) and wanted.code in says)
    return wanted if is_written else shop.language


def wording(shop: OpenShop, language: Language) -> str | None:
    """Returns the sentence people agree to; None where the shop has no sign-up page."""
    page = shop.config.sign_up
    if page is None:
        return None
    limit = shop.config.sending.no_more_than
    return consent_wording(page, shop.config.shop.name, limit, language, shop.language.code)


def place_of(shop: OpenShop, network: str) -> str:
    """Returns what the requests of a `network` have in common: a hash that tells no address."""
    payload = f"regulars/sign-up-place/1/{network}".encode()
    return hmac.digest(shop.secret.encode(), payload, hashlib.sha256).hex()[:PLACE_LENGTH]


def request_sign_up(shop: OpenShop, request: SignUpRequest, *, now: datetime) -> bool:
    """Store `request`; the mail is sent later, so that the response time does not reveal whether
    the address is known.
    """
    with write_transaction(shop.engine) as connection:
        return signups.store_signup(connection, request, now=now)


def find_pending(shop: OpenShop, token: str, *, now: datetime) -> PendingSignUp | None:
    """Return the sign-up behind `token`; None where it is invalid, expired or followed by an
    opt-out.
    """
    with read_transaction(shop.engine) as connection:
        sign_up = _load_sign_up(connection, shop, token, now)
        if sign_up is None or _opted_out_later(connection, sign_up):
            return None
    return PendingSignUp(
        sign_up.wording, sign_up.address, sign_up.first_name, sign_up.birthday, sign_up.language
    )


def confirm_sign_up(shop: OpenShop, token: str, *, now: datetime) -> bool:
    """Record the opt-in once; returns False where the link is invalid, expired or followed by an
    opt-out.
    """
    with write_transaction(shop.engine) as connection:
        lock_identity_writes(connection)  # no statement may come between check and opt-in
        sign_up = _load_sign_up(connection, shop, token, now)
        if sign_up is None or _opted_out_later(connection, sign_up):
            return False
        if not sign_up.confirmed_at:
            signups.mark_confirmed(connection, sign_up.id, now=now)
            rows = SourceRows(
                identities=[_identity(sign_up, now)], statements=[_opt_in(shop, sign_up, now)]
            )
            ingest_rows(connection, SIGNUP_SOURCE, rows, country=shop.config.shop.country, now=now)
    return True


def _load_sign_up(
    connection: Connection, shop: OpenShop, token: str, now: datetime
) -> SignUpRow | None:
    """The database is queried in either case, so that the response time reveals nothing."""
    sign_up_id = read_sign_up_token(shop.secret, token) or UNKNOWN_ID
    return signups.load_open_signup(connection, sign_up_id, now=now)


def _opted_out_later(connection: Connection, sign_up: SignUpRow) -> bool:
    """Later than the request; after a confirmation, unless they opted in again since."""
    if sign_up.confirmed_at:
        return not _is_opted_in(connection, sign_up.address)
    return opted_out_since(connection, sign_up.address, sign_up.asked_at)


def _identity(sign_up: SignUpRow, now: datetime) -> dict[str, Any]:
    """A second sign-up of the same address updates the same record."""
    key = email_key(sign_up.address)
    return {
        "source": SIGNUP_SOURCE, "external_id": key, "email": sign_up.address,
        "email_key": key, "phone": None, "first_name": sign_up.first_name,
        "last_name": None, "language": sign_up.language, "timezone": None,
        "birthday": sign_up.birthday, "tags": "[]", "joined_at": sign_up.asked_at,
        "version": microseconds(now),
    }  # fmt: skip


def _opt_in(shop: OpenShop, sign_up: SignUpRow, now: datetime) -> dict[str, Any]:
    asked_text = ENGLISH.date_and_time(sign_up.asked_at.astimezone(shop.config.shop.zone))
    return {
        "customer_id": None, "source": SIGNUP_SOURCE, "external_id": email_key(sign_up.address),
        "channel": EMAIL, "says": ConsentValue.YES.value, "said_at": now, "recorded_at": now,
        "evidence": f"double opt-in: asked on {asked_text}, confirmed from mail {sign_up.id}",
        "wording": sign_up.wording, "actor": "the customer",
    }  # fmt: skip


def _is_opted_in(connection: Connection, address: str) -> bool:
    query = (
        select(col(Basis.state))
        .join(Identity, col(Identity.customer_id) == col(Basis.customer_id))
        .where(
            col(Identity.source) == SIGNUP_SOURCE,
            col(Identity.external_id) == email_key(address),
            col(Basis.channel) == EMAIL,
        )
    )
    return connection.scalar(query) == ConsentValue.YES.value
