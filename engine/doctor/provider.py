"""Whether the mail service lets us in. No mail is handed over."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any

from engine.doctor.http import Answer, Unreachable, Web
from engine.live.finding import About, Desk, Finding
from engine.live.fingerprint import by_page
from engine.open.open_shop import OpenShop
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import HOSTS
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connect import opened
from mail.senders.smtp.connection import WAITS, Patience
from settings.errors import OutOfReach

PATIENCE = Patience(connect=6, answer=6, verdict=6, goodbye=2)
SEND = "mail.send"
KEY = "At SendGrid, under Settings → API Keys, make a key with Mail Send, and write it into .env."
HEAR = (
    "Then nobody hears of addresses that are none, nor of complaints. At SendGrid, under Settings →"
    " Mail Settings → Event Webhook, let it tell {where}."
)
desk = Desk(About.PROVIDER)


def look(shop: OpenShop, web: Web, context: ssl.SSLContext | None = None) -> list[Finding]:
    sending = shop.file.sending
    if sending.through == "smtp" and sending.smtp:
        return [smtp_lets_in(sending.smtp, context)]
    if sending.through == "sendgrid" and sending.sendgrid:
        return list(_sendgrid(shop, sending.sendgrid, web))
    return [desk.ok("Mail goes into a folder, and reaches nobody.")]


def smtp_lets_in(words: Smtp, context: ssl.SSLContext | None) -> Finding:
    """In, and out again: EHLO, encryption, login, QUIT."""
    try:
        line, _ = opened(words, context, PATIENCE)
    except OutOfReach as trouble:
        # What waits is of no matter to somebody who only looks.
        said = str(trouble).removesuffix(WAITS).strip()
        what, _, remedy = said.partition(" Look at ")
        return desk.wrong(what, f"Look at {remedy}" if remedy else "Try again later.")
    safe = "an encrypted line" if line.encrypted else "a line that is not encrypted"
    line.take_leave()
    let_in = f"lets {words.user} in" if words.user else "asks for no login"
    return desk.ok(f"{line.name} answers on {safe}, and {let_in}.")


def sendgrid_lets_in(account: SendGrid, web: Web) -> Finding:
    """Whether the key is one, and may send."""
    try:
        return _may_send(_ask(web, account, "/v3/scopes"))
    except Unreachable as why:
        return _unreachable(why)


def _sendgrid(shop: OpenShop, account: SendGrid, web: Web) -> Iterator[Finding]:
    try:
        yield _may_send(_ask(web, account, "/v3/scopes"))
        yield _tells(shop, account, web)
        if shop.file.sending.unsubscribe_by == "sendgrid":
            yield _group(account, web)
    except Unreachable as why:
        yield _unreachable(why)


def _unreachable(why: Unreachable) -> Finding:
    return desk.wrong(f"SendGrid cannot be reached: {why}.", "Try again later.")


def _ask(web: Web, account: SendGrid, path: str) -> Answer:
    key = {"Authorization": f"Bearer {account.api_key.reveal()}"}
    return web.get(f"{account.address or HOSTS[account.region]}{path}", key)


def _may_send(answer: Answer) -> Finding:
    if answer.status in (401, 403):
        return desk.wrong("SendGrid does not know this key.", KEY)
    known = _document(answer).get("scopes")
    if answer.status != 200 or not isinstance(known, list):
        return desk.wrong(
            f"SendGrid does not say what this key may do (status {answer.status}).",
            "Try again later.",
        )
    if SEND not in known:
        return desk.wrong("The key may not send mail.", KEY)
    return desk.ok("SendGrid knows the key, and lets it send.")


def _tells(shop: OpenShop, account: SendGrid, web: Web) -> Finding:
    """Reading its settings takes a right that sending does not need."""
    public = shop.file.shop.public_address if by_page(shop.file) else None
    where = f"{public or 'your public address'}/hooks/sendgrid"
    if account.webhook_key is None:
        what = "SendGrid does not tell what became of mails: there is no webhook key."
        return desk.warning(what, HEAR.format(where=where))
    answer = _ask(web, account, "/v3/user/webhooks/event/settings/all")
    if answer.status != 200:
        return desk.ok("SendGrid is heard. Whether it tells, this key may not see.")
    hooks = _document(answer).get("webhooks")
    told = [one for one in hooks if isinstance(one, dict)] if isinstance(hooks, list) else []
    if any(one.get("enabled") and one.get("url") == where for one in told):
        return desk.ok("SendGrid tells what became of mails.")
    return desk.warning(
        f"SendGrid does not tell {where} what became of mails.", HEAR.format(where=where)
    )


def _group(account: SendGrid, web: Web) -> Finding:
    """Who leaves it has said no: that has to be heard."""
    group = account.unsubscribe_group
    status = _ask(web, account, f"/v3/asm/groups/{group}").status
    if status == 200:
        return desk.ok(f"SendGrid knows the unsubscribe group {group}.")
    if status == 404:
        return desk.wrong(
            f"SendGrid knows no unsubscribe group {group}: its link would lead nowhere.",
            "Copy its number again, from Suppressions → Unsubscribe Groups.",
        )
    return desk.wrong(
        f"The key may not look at the unsubscribe group {group}: nobody's no would be heard.",
        "At SendGrid, give the key Suppressions and Unsubscribe Groups beside Mail Send.",
    )


def _document(answer: Answer) -> dict[str, Any]:
    try:
        found = json.loads(answer.text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
