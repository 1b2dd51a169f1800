"""The doctor's checks of the mail provider; none of them sends a mail."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from engine.doctor.http import HttpClient
from engine.doctor.provider import check_provider
from engine.live.finding import Finding
from mail.senders.smtp.config import Smtp
from tests.cafe import Cafe
from tests.engine.doctor.healthy_domain import (
    SHOP,
    THROUGH_SENDGRID,
    THROUGH_SMTP,
    error_messages,
    load_config,
    warning_messages,
)
from tests.mail.senders.smtp_server import PASSWORD, USER, mail_server

KEY = "Bearer SG.look-alike"
HOOK = "https://mail.cornercafe.com/hooks/sendgrid"


@pytest.fixture
def cafe(cafe: Cafe) -> Cafe:
    text = SHOP + THROUGH_SENDGRID.replace("{api key: $KEY}", "{api key: $KEY, webhook key: $HOOK}")
    cafe.shop = replace(cafe.shop, config=load_config(cafe.path.parent, text))
    return cafe


class Account:
    """A SendGrid account for the requests that the doctor makes."""

    def __init__(self, scopes: Any = None, webhooks: Any = None, status: int = 200) -> None:
        self.scopes = ["mail.send"] if scopes is None else scopes
        self.webhooks, self.status = webhooks, status
        self.requests: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(f"{request.method} {request.url}")
        if request.headers["authorization"] != KEY:
            return httpx.Response(401)
        if request.url.path == "/v3/scopes":
            return httpx.Response(self.status, json={"scopes": self.scopes})
        if self.webhooks is None:
            return httpx.Response(403)
        return httpx.Response(200, json={"max_allowed": 1, "webhooks": self.webhooks})


def check(cafe: Cafe, account: Account) -> list[Finding]:
    return check_provider(cafe.shop, HttpClient(httpx.MockTransport(account)))


def test_a_key_with_send_scope_passes_with_get_requests_only(cafe: Cafe) -> None:
    account = Account(webhooks=[{"enabled": True, "url": HOOK}])
    assert [finding.kind for finding in check(cafe, account)] == ["ok", "ok"]
    assert account.requests == [
        "GET https://api.sendgrid.com/v3/scopes",
        "GET https://api.sendgrid.com/v3/user/webhooks/event/settings/all",
    ]


def test_a_key_without_read_scopes_passes(cafe: Cafe) -> None:
    assert [finding.kind for finding in check(cafe, Account())] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (Account(scopes=["stats.read"]), "may not send"),
        (Account(status=401), "does not know this key"),
        (Account(status=500), "does not say"),
        (Account(scopes="mail.send"), "does not say"),
    ],
)
def test_a_key_without_send_scope_is_an_error(cafe: Cafe, account: Account, expected: str) -> None:
    assert expected in error_messages(check(cafe, account))[0]


@pytest.mark.parametrize(
    "webhooks",
    [[], [{"enabled": False, "url": HOOK}], [{"enabled": True, "url": "https://other"}], "?"],
)
def test_a_missing_or_disabled_webhook_is_a_warning(cafe: Cafe, webhooks: Any) -> None:
    assert "does not tell" in warning_messages(check(cafe, Account(webhooks=webhooks)))[0]


def test_an_unreachable_provider_is_an_error_without_the_key(cafe: Cafe) -> None:
    def nobody(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    findings = check_provider(cafe.shop, HttpClient(httpx.MockTransport(nobody)))
    assert error_messages(findings) == ["SendGrid cannot be reached: nothing listens there."]
    assert "SG." not in str(findings)


@pytest.mark.parametrize(
    ("status", "expected"), [(404, "knows no unsubscribe group 12"), (403, "may not look")]
)
def test_the_unsubscribe_group_must_exist_and_be_readable(
    cafe: Cafe, status: int, expected: str
) -> None:
    text = SHOP + THROUGH_SENDGRID.replace(
        "{api key: $KEY}", "{api key: $KEY, unsubscribe group: 12}"
    )
    config = load_config(cafe.path.parent, text + "  unsubscribe by: sendgrid\n")
    cafe.shop = replace(cafe.shop, config=config)
    statuses = {"/v3/asm/groups/12": status}

    def account(request: httpx.Request) -> httpx.Response:
        document = {"scopes": ["mail.send"]}
        return httpx.Response(statuses.get(request.url.path, 200), json=document)

    assert (
        expected
        in error_messages(check_provider(cafe.shop, HttpClient(httpx.MockTransport(account))))[0]
    )
    statuses.clear()
    assert error_messages(check_provider(cafe.shop, HttpClient(httpx.MockTransport(account)))) == []


def check_smtp(cafe: Cafe, smtp_config: Smtp, context: Any = None) -> Finding:
    config = load_config(cafe.path.parent, SHOP + THROUGH_SMTP)
    sending = config.sending.model_copy(update={"smtp": smtp_config})
    shop = replace(cafe.shop, config=config.model_copy(update={"sending": sending}))
    [finding] = check_provider(shop, HttpClient(), context)
    return finding


def test_smtp_login_passes_without_sending(cafe: Cafe) -> None:
    with mail_server(encryption="starttls", hostname="127.0.0.1") as server:
        finding = check_smtp(cafe, server.account_with_login("starttls"), server.context)
        assert finding.kind == "ok", finding
        assert f"an encrypted line, and lets {USER} in" in finding.message
        assert server.received.mails == []


def test_a_wrong_password_is_an_error_and_not_shown(cafe: Cafe) -> None:
    with mail_server(encryption="starttls", hostname="127.0.0.1") as server:
        finding = check_smtp(
            cafe, server.account_with_login("starttls", password="espresso"), server.context
        )
    assert finding.kind == "wrong"
    assert finding.remedy.startswith("Look at `user` and `password`")
    assert "espresso" not in str(finding)
    assert PASSWORD not in str(finding)


def test_an_unreachable_mail_server_is_an_error(cafe: Cafe) -> None:
    finding = check_smtp(cafe, Smtp(server="127.0.0.1", port=1, encryption="none"))
    assert (finding.kind, finding.remedy) == ("wrong", "Look at `server` and `port` under smtp.")
    assert "run it again" not in finding.message


def test_the_outbox_always_passes(cafe: Cafe) -> None:
    text = (SHOP + THROUGH_SMTP).replace("through: smtp", "through: outbox")
    shop = replace(cafe.shop, config=load_config(cafe.path.parent, text))
    assert [finding.kind for finding in check_provider(shop, HttpClient())] == ["ok"]
