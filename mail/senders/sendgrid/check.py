"""Checks an account at SendGrid: key, webhook and unsubscribe group. No mail is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from mail.senders.checks import (
    CheckContext,
    CheckResult,
    HttpGet,
    HttpResponse,
    UnreachableError,
)
from mail.senders.sendgrid.config import SendGrid
from mail.senders.sendgrid.sender import HOSTS

SEND_SCOPE = "mail.send"
KEY_REMEDY = (
    "At SendGrid, under Settings → API Keys, make a key with Mail Send, and write it into .env."
)
WEBHOOK_REMEDY = (
    "Then nobody hears of addresses that are none, nor of complaints. At SendGrid, under Settings →"
    " Mail Settings → Event Webhook, let it tell {where}."
)


def check_key(account: SendGrid, http: HttpGet) -> CheckResult:
    """Check that SendGrid accepts the API key and that it has the `mail.send` scope."""
    try:
        return _check_scopes(_get(http, account, "/v3/scopes"))
    except UnreachableError as error:
        return _unreachable_result(error)


def check_account(account: SendGrid, context: CheckContext) -> Iterator[CheckResult]:
    """Check key and webhook, and the unsubscribe group where customers unsubscribe there."""
    try:
        yield _check_scopes(_get(context.http, account, "/v3/scopes"))
        yield _check_webhook(account, context)
        if context.is_unsubscribe_channel:
            yield _check_group(account, context.http)
    except UnreachableError as error:
        yield _unreachable_result(error)


def _unreachable_result(error: UnreachableError) -> CheckResult:
    return CheckResult.wrong(f"SendGrid cannot be reached: {error}.", "Try again later.")


def _get(http: HttpGet, account: SendGrid, path: str) -> HttpResponse:
    key = {"Authorization": f"Bearer {account.api_key.reveal()}"}
    return http.get(f"{account.address or HOSTS[account.region]}{path}", key)


def _check_scopes(response: HttpResponse) -> CheckResult:
    if response.status in (401, 403):
        return CheckResult.wrong("SendGrid does not know this key.", KEY_REMEDY)
    scopes = _parse_json(response).get("scopes")
    if response.status != 200 or not isinstance(scopes, list):
        return CheckResult.wrong(
            f"SendGrid does not say what this key may do (status {response.status}).",
            "Try again later.",
        )
    if SEND_SCOPE not in scopes:
        return CheckResult.wrong("The key may not send mail.", KEY_REMEDY)
    return CheckResult.ok("SendGrid knows the key, and lets it send.")


def _check_webhook(account: SendGrid, context: CheckContext) -> CheckResult:
    """Reading the webhook settings needs a scope that sending does not: lacking it is no error."""
    remedy = WEBHOOK_REMEDY.format(where=context.webhook_url)
    if account.webhook_key is None:
        message = "SendGrid does not tell what became of mails: there is no webhook key."
        return CheckResult.warning(message, remedy)
    response = _get(context.http, account, "/v3/user/webhooks/event/settings/all")
    if response.status != 200:
        return CheckResult.ok("SendGrid is heard. Whether it tells, this key may not see.")
    webhooks = _parse_json(response).get("webhooks")
    for webhook in webhooks if isinstance(webhooks, list) else []:
        is_enabled = isinstance(webhook, dict) and webhook.get("enabled")
        if is_enabled and webhook.get("url") == context.webhook_url:
            return CheckResult.ok("SendGrid tells what became of mails.")
    message = f"SendGrid does not tell {context.webhook_url} what became of mails."
    return CheckResult.warning(message, remedy)


def _check_group(account: SendGrid, http: HttpGet) -> CheckResult:
    """Whether the key may read the unsubscribe group, whose members have opted out."""
    group_id = account.unsubscribe_group
    status = _get(http, account, f"/v3/asm/groups/{group_id}").status
    if status == 200:
        return CheckResult.ok(f"SendGrid knows the unsubscribe group {group_id}.")
    if status == 404:
        return CheckResult.wrong(
            f"SendGrid knows no unsubscribe group {group_id}: its link would lead nowhere.",
            "Copy its number again, from Suppressions → Unsubscribe Groups.",
        )
    return CheckResult.wrong(
        f"The key may not look at the unsubscribe group {group_id}: nobody's no would be heard.",
        "At SendGrid, give the key Suppressions and Unsubscribe Groups beside Mail Send.",
    )


def _parse_json(response: HttpResponse) -> dict[str, Any]:
    try:
        document = json.loads(response.text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
