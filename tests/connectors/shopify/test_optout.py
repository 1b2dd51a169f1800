"""Opt-outs are sent to Shopify once, with their date, and never replace a newer statement."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.optout import (
    ALREADY_OPTED_OUT,
    CHANGED_SINCE,
    SENT,
    AcceptsOptOut,
    MissingPermissionError,
    OptOut,
    OptOutResult,
)
from sandbox.cafe import NOW
from sandbox.customers import Consent, Customer
from sandbox.responses import json_response
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.tokens import Tokens
from settings.errors import UnavailableError
from tests.connectors.corner_cafe import SMALL_CAFE, ShopifySandbox
from tests.connectors.corner_till import SquareSandbox
from tests.faults.responses import HtmlPage, TruncatedBody
from tests.faults.shopify import GraphqlFailure, HttpError, Throttled

ANA = next(who for who in SMALL_CAFE.customers if who.may_be_mailed)
MUTATION = "customerEmailMarketingConsentUpdate"
OPTED_OUT_AT = NOW - timedelta(minutes=10)
AFTER = NOW + timedelta(minutes=1)


@pytest.fixture
def store() -> ShopifySandbox:
    sandbox = ShopifySandbox()
    sandbox.shop.clock = lambda: AFTER
    return sandbox


def send_optout(
    store: ShopifySandbox, folder: Path, key: str = "", opted_out_at: datetime = OPTED_OUT_AT
) -> OptOutResult:
    connector = store.connect(folder)
    assert isinstance(connector, AcceptsOptOut)

    async def send_once() -> OptOutResult:
        async with connector.optout_sender() as send:
            return await send(OptOut(key or str(ANA.number), opted_out_at))

    return asyncio.run(send_once())


def current_customer(store: ShopifySandbox) -> Customer:
    customer = store.shop.customers.get(ANA.number)
    assert customer is not None
    return customer


def mutation_count(store: ShopifySandbox) -> int:
    return sum(root_fields == [MUTATION] for root_fields, _ in store.shop.received_queries)


def put_consent(store: ShopifySandbox, state: str, changed_at: datetime | None) -> None:
    consent = Consent(state, "SINGLE_OPT_IN", changed_at)
    store.shop.customers.put(replace(ANA, consent=consent))


def test_an_opt_out_is_sent_with_its_date(store: ShopifySandbox, tmp_path: Path) -> None:
    assert send_optout(store, tmp_path) == OptOutResult(True, SENT)
    after = current_customer(store)
    assert (after.consent.state, after.consent.since) == ("UNSUBSCRIBED", OPTED_OUT_AT)
    assert after.updated_at == AFTER


def test_sending_twice_has_one_effect(store: ShopifySandbox, tmp_path: Path) -> None:
    send_optout(store, tmp_path)
    assert send_optout(store, tmp_path) == OptOutResult(True, ALREADY_OPTED_OUT)
    assert mutation_count(store) == 1


def test_an_unsubscribed_customer_is_skipped(store: ShopifySandbox, tmp_path: Path) -> None:
    put_consent(store, "UNSUBSCRIBED", OPTED_OUT_AT - timedelta(days=9))
    before = current_customer(store)
    assert send_optout(store, tmp_path) == OptOutResult(True, ALREADY_OPTED_OUT)
    assert current_customer(store) == before


def test_a_newer_statement_stays(store: ShopifySandbox, tmp_path: Path) -> None:
    put_consent(store, "SUBSCRIBED", OPTED_OUT_AT + timedelta(seconds=1))
    assert send_optout(store, tmp_path) == OptOutResult(True, f"{CHANGED_SINCE}: SUBSCRIBED")
    assert mutation_count(store) == 0


def test_an_opt_in_between_the_requests_stays(store: ShopifySandbox, tmp_path: Path) -> None:
    store.faults.plan(ThenHappens(lambda: put_consent(store, "SUBSCRIBED", NOW)), on="customer")
    assert send_optout(store, tmp_path) == OptOutResult(True, f"{CHANGED_SINCE}: SUBSCRIBED")
    assert mutation_count(store) == 1
    assert current_customer(store).consent.state == "SUBSCRIBED"


@pytest.mark.parametrize("state", ["SUBSCRIBED", "NOT_SUBSCRIBED", "PENDING", "INVALID"])
def test_an_older_state_is_replaced(state: str, store: ShopifySandbox, tmp_path: Path) -> None:
    put_consent(store, state, None if state == "NOT_SUBSCRIBED" else OPTED_OUT_AT)
    assert send_optout(store, tmp_path) == OptOutResult(True, SENT)
    assert current_customer(store).consent.state == "UNSUBSCRIBED"


def test_a_deleted_customer_is_settled(store: ShopifySandbox, tmp_path: Path) -> None:
    result = send_optout(store, tmp_path, key="123456")
    assert (result.settled, mutation_count(store)) == (True, 0)


def test_a_refusal_is_shopifys_own_words_and_not_settled(
    store: ShopifySandbox, tmp_path: Path
) -> None:
    nameless = next(customer for customer in SMALL_CAFE.customers if customer.email is None)
    result = send_optout(store, tmp_path, key=str(nameless.number))
    assert result == OptOutResult(False, "Customer must have an email address")


def test_a_refusal_contains_no_address(store: ShopifySandbox, tmp_path: Path) -> None:
    errors = [{"message": f"Email {ANA.email} is taken", "field": None, "code": "INVALID"}]
    store.faults.plan(RootField({"customer": None, "userErrors": errors}), on=MUTATION)
    assert send_optout(store, tmp_path) == OptOutResult(False, "Email … is taken")


def test_an_unchanged_state_is_not_settled(store: ShopifySandbox, tmp_path: Path) -> None:
    stayed = {"defaultEmailAddress": {"marketingState": "SUBSCRIBED", "marketingUpdatedAt": None}}
    store.faults.plan(RootField({"customer": stayed, "userErrors": []}), on=MUTATION)
    assert send_optout(store, tmp_path) == OptOutResult(False, "it stayed SUBSCRIBED there")


def test_an_opt_out_is_sent_where_addresses_are_hidden(
    store: ShopifySandbox, tmp_path: Path
) -> None:
    hidden = {"id": "gid://shopify/Customer/1", "defaultEmailAddress": None}
    denied = [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]
    store.faults.plan(RootField(hidden, "customer", denied), on="customer")
    assert send_optout(store, tmp_path) == OptOutResult(True, SENT)
    assert current_customer(store).consent.state == "UNSUBSCRIBED"


READS = Tokens(scopes=("read_customers", "read_orders"))


def test_a_read_only_app_has_a_sentence_with_the_missing_scope(tmp_path: Path) -> None:
    store = ShopifySandbox(tokens=READS)
    with pytest.raises(
        MissingPermissionError, match=r"online-shop write down .* Give the app write_customers"
    ):
        send_optout(store, tmp_path)
    assert mutation_count(store) == 0
    assert current_customer(store) == ANA


def test_a_token_without_scopes_is_denied_with_shopifys_message(
    store: ShopifySandbox, tmp_path: Path
) -> None:
    denied = GraphqlFailure(f"Access denied for {MUTATION} field.", "ACCESS_DENIED")
    store.faults.plan(denied, on=MUTATION)
    with pytest.raises(
        MissingPermissionError, match=rf"\(Access denied for {MUTATION} field\)\. Give the app"
    ):
        send_optout(store, tmp_path)


@pytest.mark.parametrize("on", ["customer", MUTATION])
@pytest.mark.parametrize(
    "fault",
    [HttpError(429, 4), HttpError(500), TruncatedBody(), HtmlPage(), Throttled(), GraphqlFailure()],
)
def test_a_passing_failure_is_retried(
    fault: Any, on: str, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.plan(fault, times=3, on=on)
    assert send_optout(store, tmp_path).settled
    assert current_customer(store).consent == Consent(
        "UNSUBSCRIBED", ANA.consent.level, OPTED_OUT_AT
    )
    assert len(store.pauses) == 3


@pytest.mark.parametrize("on", ["customer", MUTATION])
@pytest.mark.parametrize(
    "fault", [HttpError(500), HttpError(403), TruncatedBody(), GraphqlFailure("What?", "odd")]
)
def test_a_lasting_failure_is_a_sentence(
    fault: Any, on: str, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.always(fault, on=on)
    with pytest.raises(UnavailableError, match="online-shop") as raised:
        send_optout(store, tmp_path)
    assert not isinstance(raised.value, MissingPermissionError)
    assert not re.search(r"shpat_|demo-secret|@", str(raised.value))


@pytest.mark.parametrize(
    "body",
    [
        {}, {"data": None}, {"data": {}}, {"data": {MUTATION: None}}, {"errors": "no"},
        {"data": {MUTATION: {"customer": None}}}, {"data": {MUTATION: []}}, {"errors": [1]},
    ],
)  # fmt: skip
def test_an_incomplete_response_settles_nothing(
    body: dict[str, Any], store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.always(FixedBody(body), on=MUTATION)
    with pytest.raises(UnavailableError):
        send_optout(store, tmp_path)


def test_an_expired_token_is_renewed(store: ShopifySandbox, tmp_path: Path) -> None:
    store.faults.plan(ThenHappens(store.tokens.expire_all), on="customer")
    assert send_optout(store, tmp_path) == OptOutResult(True, SENT)
    assert store.pauses == []


def test_an_empty_bucket_is_waited_for(tmp_path: Path) -> None:
    now = [0.0]
    store = ShopifySandbox(bucket=Bucket(size=11, restore_rate=1, clock=lambda: now[0]))

    async def sleep(seconds: float) -> None:
        now[0] += seconds

    store.sleep = sleep  # type: ignore[method-assign]  # this clock moves only while we wait
    assert send_optout(store, tmp_path) == OptOutResult(True, SENT)
    assert now[0] > 0


def test_square_accepts_no_opt_outs(tmp_path: Path) -> None:
    assert not isinstance(SquareSandbox().connect(tmp_path), AcceptsOptOut)


@dataclass(frozen=True)
class FixedBody:
    """A response with a body of the test's own."""

    body: Any

    async def reply(self, page: Callable[[], Any]) -> Any:
        return json_response(self.body)


@dataclass(frozen=True)
class RootField:
    """A response with one root field of the test's own."""

    value: Any
    name: str = MUTATION
    errors: Any = ()

    async def reply(self, page: Callable[[], Any]) -> Any:
        body = {"data": {self.name: self.value}}
        return json_response(body | ({"errors": self.errors} if self.errors else {}))


@dataclass(frozen=True)
class ThenHappens:
    """The correct response, followed by a side effect."""

    happens: Callable[[], None]

    async def reply(self, page: Callable[[], Any]) -> Any:
        body = page()
        self.happens()
        return json_response(body)
