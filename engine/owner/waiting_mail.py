"""Renders a mail that waits for approval as delivery would write it now, to be looked at.

Its unsubscribe link opens the page but opts nobody out, and its other links open nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from engine.delivery.build_mail import unsubscribe_link
from engine.delivery.cap import caps_of
from engine.delivery.gate_batch import render_message
from engine.delivery.load_messages import load_messages
from engine.inbound.unsubscribe import NO_CUSTOMER
from engine.open.open_shop import OpenShop
from engine.owner.approval_outlook import Outlook, load_outlooks
from engine.owner.approvals import PendingMail, find_pending
from engine.preview.page import preheader
from mail.message.pictures import shown_pictures, viewable_html
from mail.render.renderer import RenderError

LOOK_ID = "look"  # in the place of a message's id in the unsubscribe link
HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
# In a sandboxed frame that may open no windows, a link that opens one does nothing.
INERT_LINKS = '<base target="_blank">'
REMOTE_PICTURE = re.compile(r"<img\b[^>]*\bsrc\s*=\s*[\"']?https?:", re.IGNORECASE)


@dataclass(frozen=True)
class WaitingMail:
    """A waiting mail, what becomes of it, and its content.

    `mistake` says why there is no content. `has_remote_pictures`: some are not loaded here.
    """

    pending: PendingMail
    outlook: Outlook
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    has_remote_pictures: bool = False
    mistake: str = ""


def load_waiting_mail(
    connection: Connection, shop: OpenShop, message_id: str, *, now: datetime
) -> WaitingMail | None:
    """Returns the mail with this id as it would be written at `now`; None if it does not wait."""
    pending = find_pending(connection, message_id)
    if pending is None:
        return None
    outlook = load_outlooks(connection, shop, [message_id], now=now)[message_id]
    [message] = load_messages(connection, shop, [message_id], now=now, caps=caps_of(shop))
    link = unsubscribe_link(shop, NO_CUSTOMER, LOOK_ID, message.case.purpose)
    try:
        _, rendered = render_message(shop, message, link, now=now)
    except (RenderError, ValueError) as error:
        return WaitingMail(pending, outlook, mistake=str(error))
    html = viewable_html(rendered.html, shown_pictures(shop.appearance, rendered.html))
    return WaitingMail(
        pending,
        outlook,
        rendered.subject,
        preheader(rendered.html),
        HEAD.sub(lambda head: f"{head[0]}{INERT_LINKS}", html, count=1),
        rendered.text,
        bool(REMOTE_PICTURE.search(html)),
    )
