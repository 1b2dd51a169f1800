"""Builds the mail that asks to confirm a sign-up."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from engine.open.open_shop import OpenShop
from mail.message.mime import Mail
from mail.message.pictures import shown_pictures
from mail.message.signed_links import sign_up_token, sign_up_url
from mail.render.confirmation_mail import (
    ConfirmationFacts,
    ConfirmationMail,
    confirmation_language,
    render_confirmation,
)
from shop.consent.signups import CONFIRMATION_VALIDITY


def build_confirmation(shop: OpenShop, row: Row[Any], now: datetime) -> Mail:
    """Returns the mail for the sign-up in `row`: id, address, wording, language and asked_at."""
    confirmation = _render(shop, row)
    sender = shop.config.sending.from_
    return Mail(
        message_id=row.id,
        sender_name=sender.name or shop.config.shop.name,
        sender_address=sender.address,
        to_address=row.address,
        to_name=None,  # unconfirmed input: it could be used to send text to strangers
        reply_to=shop.config.shop.reply_to,
        subject=confirmation.subject,
        text=confirmation.text,
        html=confirmation.html,
        unsubscribe_url="",
        date=now,
        purpose="service",
        pictures=shown_pictures(shop.appearance, confirmation.html),
    )


def _render(shop: OpenShop, row: Row[Any]) -> ConfirmationMail:
    shop_config, wanted = shop.config.shop, shop.config.customer_language(row.language)
    language = confirmation_language(shop.folder, wanted, shop.language)
    asked_at = row.asked_at.astimezone(shop_config.zone)
    valid_until = (row.asked_at + CONFIRMATION_VALIDITY).astimezone(shop_config.zone)
    token = sign_up_token(shop.secret, row.id)
    facts = ConfirmationFacts(
        shop=shop_config.name,
        postal_address=shop_config.postal_address,
        asked_on=language.date_and_time(asked_at),
        says=row.wording,
        link=sign_up_url(shop_config.public_address or "", token),
        valid_until=language.date(valid_until),
    )
    return render_confirmation(facts, shop.folder, language, shop.appearance)
