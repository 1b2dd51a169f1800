"""A mail of a customer, written as delivery would write it now: mails are not kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from engine.delivery.build_mail import unsubscribe_link
from engine.delivery.cap import caps_of
from engine.delivery.gate_batch import render_message
from engine.delivery.load_messages import load_messages
from engine.inbound.unsubscribe import NO_CUSTOMER
from engine.open.open_shop import OpenShop
from engine.owner.waiting_mail import HEAD, INERT_LINKS, LOOK_ID
from mail.message.pictures import shown_pictures, viewable_html
from mail.render.renderer import RenderError


def render_look(
    connection: Connection, shop: OpenShop, message_id: str, *, now: datetime
) -> str | None:
    """Returns the HTML of the mail with this id from what is known at `now`, its links inert; None
    where it cannot be written any more: its template or what it was about is gone.
    """
    [message] = load_messages(connection, shop, [message_id], now=now, caps=caps_of(shop))
    link = unsubscribe_link(shop, NO_CUSTOMER, LOOK_ID, message.case.purpose)
    try:
        _, rendered = render_message(shop, message, link, now=now)
    except (RenderError, ValueError):
        return None
    html = viewable_html(rendered.html, shown_pictures(shop.appearance, rendered.html))
    return HEAD.sub(lambda head: f"{head[0]}{INERT_LINKS}", html, count=1)
