"""Whether a mail service lets us in; none of these hands a mail over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from engine.doctor.http import Web
from engine.doctor.provider import look
from engine.live.finding import Finding
from mail.senders.smtp.config import Smtp
from tests.cafe import Cafe
from tests.engine.doctor.world import SHOP, THROUGH_SENDGRID, THROUGH_SMTP, file_of, warned, wrong
from tests.mail.senders.smtp_server import PASSWORD, USER, mail_server

KEY = "Bearer SG.look-alike"
HOOK = "https://mail.cornercafe.com/hooks/sendgrid"


@pytest.fixture
def cafe(cafe: Cafe) -> Cafe:
    text = SHOP + THROUGH_SENDGRID.replace("{api key: $KEY}", "{api key: $KEY, webhook key: $HOOK}")
    cafe.shop = replace(cafe.shop, file=file_of(cafe.path.parent, text))
    return cafe


class Account:
    """SendGrid, as far as it is asked here."""

    def __init__(self, scopes: Any = None, hooks: Any = None, status: int = 200) -> None:
        self.scopes = ["mail.send"] if scopes is None else scopes
        self.hooks, self.status = hooks, status
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(f"{request.method} {request.url}")
        if request.headers["authorization"] != KEY:
            return httpx.Response(401)
        if request.url.path == "/v3/scopes":
            return httpx.Response(self.status, json={"scopes": self.scopes})
        if self.hooks is None:
            return httpx.Response(403)
        return httpx.Response(200, json={"max_allowed": 1, "webhooks": self.hooks})


def asked(cafe: Cafe, account: Account) -> list[Finding]:
    return look(cafe.shop, Web(httpx.MockTransport(account)))


def test_a_key_that_may_send_is_well_and_only_looked_at(cafe: Cafe) -> None:
    account = Account(hooks=[{"enabled": True, "url": HOOK}])
    assert [one.kind for one in asked(cafe, account)] == ["ok", "ok"]
    assert account.asked == [
        "GET https://api.sendgrid.com/v3/scopes",
        "GET https://api.sendgrid.com/v3/user/webhooks/event/settings/all",
    ]


def test_a_key_that_may_only_send_needs_no_more(cafe: Cafe) -> None:
    assert [one.kind for one in asked(cafe, Account())] == ["ok", "ok"]


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (Account(scopes=["stats.read"]), "may not send"),
        (Account(status=401), "does not know this key"),
        (Account(status=500), "does not say"),
        (Account(scopes="mail.send"), "does not say"),
    ],
)
def test_a_key_that_may_not_send_is_wrong(cafe: Cafe, account: Account, said: str) -> None:
    assert said in wrong(asked(cafe, account))[0]


@pytest.mark.parametrize(
    "hooks",
    [[], [{"enabled": False, "url": HOOK}], [{"enabled": True, "url": "https://other"}], "?"],
)
def test_a_webhook_that_tells_nobody_is_remarked(cafe: Cafe, hooks: Any) -> None:
    assert "does not tell" in warned(asked(cafe, Account(hooks=hooks)))[0]


def test_a_service_out_of_reach_is_wrong_and_names_no_key(cafe: Cafe) -> None:
    def nobody(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    found = look(cafe.shop, Web(httpx.MockTransport(nobody)))
    assert wrong(found) == ["SendGrid cannot be reached: nothing listens there."]
    assert "SG." not in str(found)


@pytest.mark.parametrize(
    ("status", "said"), [(404, "knows no unsubscribe group 12"), (403, "may not look")]
)
def test_a_group_that_customers_leave_has_to_be_there_and_heard(
    cafe: Cafe, status: int, said: str
) -> None:
    text = SHOP + THROUGH_SENDGRID.replace(
        "{api key: $KEY}", "{api key: $KEY, unsubscribe group: 12}"
    )
    file = file_of(cafe.path.parent, text + "  unsubscribe by: sendgrid\n")
    cafe.shop = replace(cafe.shop, file=file)
    answers = {"/v3/asm/groups/12": status}

    def account(request: httpx.Request) -> httpx.Response:
        document = {"scopes": ["mail.send"]}
        return httpx.Response(answers.get(request.url.path, 200), json=document)

    assert said in wrong(look(cafe.shop, Web(httpx.MockTransport(account))))[0]
    answers.clear()
    assert wrong(look(cafe.shop, Web(httpx.MockTransport(account)))) == []


def smtp(cafe: Cafe, words: Smtp, context: Any = None) -> Finding:
    file = file_of(cafe.path.parent, SHOP + THROUGH_SMTP)
    sending = file.sending.model_copy(update={"smtp": words})
    shop = replace(cafe.shop, file=file.model_copy(update={"sending": sending}))
    [found] = look(shop, Web(), context)
    return found


def test_a_mail_server_lets_us_in_and_gets_no_mail(cafe: Cafe) -> None:
    with mail_server(encryption="starttls", hostname="127.0.0.1") as server:
        found = smtp(cafe, server.let_in("starttls"), server.context)
        assert found.kind == "ok", found
        assert f"an encrypted line, and lets {USER} in" in found.what
        assert server.box.mails == []


def test_a_wrong_password_is_wrong_and_not_repeated(cafe: Cafe) -> None:
    with mail_server(encryption="starttls", hostname="127.0.0.1") as server:
        found = smtp(cafe, server.let_in("starttls", password="espresso"), server.context)
    assert found.kind == "wrong"
    assert found.remedy.startswith("Look at `user` and `password`")
    assert "espresso" not in str(found)
    assert PASSWORD not in str(found)


def test_a_mail_server_that_is_not_there_is_wrong(cafe: Cafe) -> None:
    found = smtp(cafe, Smtp(server="127.0.0.1", port=1, encryption="none"))
    assert (found.kind, found.remedy) == ("wrong", "Look at `server` and `port` under smtp.")
    assert "run it again" not in found.what


def test_a_folder_is_always_there(cafe: Cafe) -> None:
    text = (SHOP + THROUGH_SMTP).replace("through: smtp", "through: outbox")
    shop = replace(cafe.shop, file=file_of(cafe.path.parent, text))
    assert [one.kind for one in look(shop, Web())] == ["ok"]
