"""Checks the connection and the credentials of the mail provider; no mail is sent."""

from __future__ import annotations

import ssl

from engine.doctor.http import HttpClient
from engine.live.finding import Finding, FindingKind, Reporter, Topic
from engine.live.fingerprint import unsubscribes_by_page
from engine.open.open_shop import OpenShop
from mail.senders.checks import CheckContext, CheckResult
from mail.senders.registry import get_provider

report = Reporter(Topic.PROVIDER)


def check_provider(
    shop: OpenShop, http: HttpClient, tls_context: ssl.SSLContext | None = None
) -> list[Finding]:
    """Returns the findings of the configured sender about its account.

    `tls_context` replaces the default TLS settings in tests.
    """
    sending = shop.config.sending
    provider, account = get_provider(sending.through), sending.account
    if account is None:
        return [report.ok("Mail goes into a folder, and reaches nobody.")]
    public = shop.config.shop.public_address if unsubscribes_by_page(shop.config) else None
    context = CheckContext(
        http,
        tls_context,
        webhook_url=f"{public or 'your public address'}/hooks/{provider.name}",
        is_unsubscribe_channel=sending.unsubscribe_by == provider.name,
    )
    return [_finding(result) for result in provider.check_account(account, context)]


def _finding(result: CheckResult) -> Finding:
    return Finding(Topic.PROVIDER, FindingKind(result.kind.value), result.message, result.remedy)
