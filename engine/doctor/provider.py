"""Checks the connection and the credentials of the mail provider; no mail is sent."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from typing import Any

from engine.doctor.http import HttpClient, Response, UnreachableError
from engine.live.finding import Finding, Reporter, Topic
from engine.live.fingerprint import unsubscribes_by_page
from engine.open.open_shop import OpenShop
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import HOSTS
from mail.senders.smtp.config import Smtp
from mail.senders.smtp.connect import open_session
from mail.senders.smtp.connection import RETRY_HINT, Timeouts
from settings.errors import UnavailableError

TIMEOUTS = Timeouts(connect=6, reply=6, final_reply=6, quit=2)
SEND_SCOPE = "mail.send"
KEY_REMEDY = (
    "At SendGrid, under Settings → API Keys, make a key with Mail Send, and write it into .env."
)
WEBHOOK_REMEDY = (
    "Then nobody hears of addresses that are none, nor of complaints. At SendGrid, under Settings →"
    " Mail Settings → Event Webhook, let it tell {where}."
)
report = Reporter(Topic.PROVIDER)


def check_provider(
    shop: OpenShop, http: HttpClient, tls_context: ssl.SSLContext | None = None
) -> list[Finding]:
    """Check the configured sender: SMTP login, or SendGrid's key, webhook and unsubscribe group.

    `tls_context` replaces the default TLS settings in tests.
    """
    sending = shop.config.sending
    if sending.through == "smtp" and sending.smtp:
        return [check_smtp(sending.smtp, tls_context)]
    if sending.through == "sendgrid" and sending.sendgrid:
        return list(_check_sendgrid(shop, sending.sendgrid, http))
    return [report.ok("Mail goes into a folder, and reaches nobody.")]


def check_smtp(smtp: Smtp, tls_context: ssl.SSLContext | None) -> Finding:
    """Connect, EHLO, STARTTLS, log in, QUIT. Returns an OK finding, or an error with its remedy."""
    try:
        connection, _ = open_session(smtp, tls_context, TIMEOUTS)
    except UnavailableError as error:
        # The sentence about waiting mails does not concern a check.
        message = str(error).removesuffix(RETRY_HINT).strip()
        problem, _, remedy = message.partition(" Look at ")
        return report.wrong(problem, f"Look at {remedy}" if remedy else "Try again later.")
    encryption = "an encrypted line" if connection.encrypted else "a line that is not encrypted"
    connection.quit()
    login = f"lets {smtp.user} in" if smtp.user else "asks for no login"
    return report.ok(f"{connection.name} answers on {encryption}, and {login}.")


def check_sendgrid_key(account: SendGrid, http: HttpClient) -> Finding:
    """Check that SendGrid accepts the API key and that it has the `mail.send` scope."""
    try:
        return _check_scopes(_get(http, account, "/v3/scopes"))
    except UnreachableError as error:
        return _unreachable_finding(error)


def _check_sendgrid(shop: OpenShop, account: SendGrid, http: HttpClient) -> Iterator[Finding]:
    try:
        yield _check_scopes(_get(http, account, "/v3/scopes"))
        yield _check_webhook(shop, account, http)
        if shop.config.sending.unsubscribe_by == "sendgrid":
            yield _check_group(account, http)
    except UnreachableError as error:
        yield _unreachable_finding(error)


def _unreachable_finding(error: UnreachableError) -> Finding:
    return report.wrong(f"SendGrid cannot be reached: {error}.", "Try again later.")


def _get(http: HttpClient, account: SendGrid, path: str) -> Response:
    key = {"Authorization": f"Bearer {account.api_key.reveal()}"}
    return http.get(f"{account.address or HOSTS[account.region]}{path}", key)


def _check_scopes(response: Response) -> Finding:
    if response.status in (401, 403):
        return report.wrong("SendGrid does not know this key.", KEY_REMEDY)
    scopes = _parse_json(response).get("scopes")
    if response.status != 200 or not isinstance(scopes, list):
        return report.wrong(
            f"SendGrid does not say what this key may do (status {response.status}).",
            "Try again later.",
        )
    if SEND_SCOPE not in scopes:
        return report.wrong("The key may not send mail.", KEY_REMEDY)
    return report.ok("SendGrid knows the key, and lets it send.")


def _check_webhook(shop: OpenShop, account: SendGrid, http: HttpClient) -> Finding:
    """Reading the webhook settings needs a scope that sending does not: without it this is not an
    error.
    """
    public = shop.config.shop.public_address if unsubscribes_by_page(shop.config) else None
    webhook_url = f"{public or 'your public address'}/hooks/sendgrid"
    if account.webhook_key is None:
        message = "SendGrid does not tell what became of mails: there is no webhook key."
        return report.warning(message, WEBHOOK_REMEDY.format(where=webhook_url))
    response = _get(http, account, "/v3/user/webhooks/event/settings/all")
    if response.status != 200:
        return report.ok("SendGrid is heard. Whether it tells, this key may not see.")
    webhooks = _parse_json(response).get("webhooks")
    settings = (
        [webhook for webhook in webhooks if isinstance(webhook, dict)]
        if isinstance(webhooks, list)
        else []
    )
    if any(webhook.get("enabled") and webhook.get("url") == webhook_url for webhook in settings):
        return report.ok("SendGrid tells what became of mails.")
    return report.warning(
        f"SendGrid does not tell {webhook_url} what became of mails.",
        WEBHOOK_REMEDY.format(where=webhook_url),
    )


def _check_group(account: SendGrid, http: HttpClient) -> Finding:
    """Whether the key may read the unsubscribe group, whose members have opted out."""
    group_id = account.unsubscribe_group
    status = _get(http, account, f"/v3/asm/groups/{group_id}").status
    if status == 200:
        return report.ok(f"SendGrid knows the unsubscribe group {group_id}.")
    if status == 404:
        return report.wrong(
            f"SendGrid knows no unsubscribe group {group_id}: its link would lead nowhere.",
            "Copy its number again, from Suppressions → Unsubscribe Groups.",
        )
    return report.wrong(
        f"The key may not look at the unsubscribe group {group_id}: nobody's no would be heard.",
        "At SendGrid, give the key Suppressions and Unsubscribe Groups beside Mail Send.",
    )


def _parse_json(response: Response) -> dict[str, Any]:
    try:
        document = json.loads(response.text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
