"""Whether the mail of a shop reaches anybody, and what the doctor's word was about."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlsplit

from engine.config.owner_config import OwnersFile
from engine.live.network import stays_here


def reaches_nobody(file: OwnersFile) -> bool:
    """A folder, or a mail service on this very machine: nothing that is sent there arrives."""
    host = door(file)
    return host is None or stays_here(host)


def door(file: OwnersFile) -> str | None:
    """The host that mail is handed to; None where it only goes into a folder."""
    sending = file.sending
    if sending.through == "smtp" and sending.smtp:
        return sending.smtp.server
    if sending.through == "sendgrid" and sending.sendgrid:
        return urlsplit(sending.sendgrid.address or "https://api.sendgrid.com").hostname
    return None


def by_page(file: OwnersFile) -> bool:
    """Whether a customer's no arrives on the shop's own page."""
    return bool(file.shop.public_address) and file.sending.unsubscribe_by in (None, "pages")


def digest(file: OwnersFile) -> str:
    """What was looked at, in so far as another answer may follow from it.

    Passwords are left out: who changes one need not ask again, and a digest could be guessed at.
    """
    sending = file.sending
    smtp, sendgrid = sending.smtp, sending.sendgrid
    about = {
        "from": sending.from_.address,
        "reply to": file.shop.reply_to,
        "public address": file.shop.public_address,
        "unsubscribe by": file.sending.unsubscribe_by,
        "through": sending.through,
        "smtp": [smtp.server, smtp.door, smtp.secured, smtp.user]
        if smtp and sending.through == "smtp"
        else None,
        "sendgrid": [sendgrid.region, sendgrid.address, sendgrid.unsubscribe_group]
        if sendgrid and sending.through == "sendgrid"
        else None,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()
