"""Each failure of Shopify becomes a sentence, and no data is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from connectors.shopify.connector import ShopifyConnector
from connectors.shopify.requests import CUSTOMERS
from sandbox.responses import Fault, json_response
from sandbox.shopify.query_cost import Bucket
from sandbox.shopify.tokens import CLIENT_SECRET
from settings.errors import UnavailableError
from shop.tables import Identity, Order, QuarantinedRecord, SyncState
from tests.connectors.corner_cafe import (
    ONLINE_SHOP,
    ShopifySandbox,
    connect_source,
    hours_later,
    run_sync,
    table_rows,
)
from tests.faults.responses import HtmlPage, TruncatedBody
from tests.faults.shopify import (
    CorruptedRecords,
    GraphqlFailure,
    HttpError,
    RepeatedPage,
    Throttled,
    invalid_addresses,
    without_emails,
    without_ids,
)

SOON = timedelta(seconds=30)
OVERLAP = timedelta(minutes=10)


@pytest.fixture
def store() -> ShopifySandbox:
    return ShopifySandbox()


@pytest.fixture
def shop(sqlite: Engine) -> Engine:
    """One database is enough: these tests are about responses."""
    return sqlite


def small_pages(store: ShopifySandbox, folder: Path) -> ShopifyConnector:
    connector = store.connect(folder)
    assert isinstance(connector, ShopifyConnector)
    return replace(connector, page_size=25)


@dataclass(frozen=True)
class Redirects:
    async def reply(self, page: Callable[[], Any]) -> Any:
        return json_response({}, 302, {"Location": "https://elsewhere.example/admin"})


@dataclass(frozen=True)
class EndlessBody:
    async def reply(self, page: Callable[[], Any]) -> Any:
        return json_response({"data": {"customers": "x" * 33 * 1024 * 1024}})


@dataclass(frozen=True)
class FixedBody:
    """A response with a body of the test's own."""

    body: Any

    async def reply(self, page: Callable[[], Any]) -> Any:
        return json_response(self.body)


@dataclass(frozen=True)
class EditedBody:
    """The correct response after `change`."""

    change: Callable[[dict[str, Any]], None]

    async def reply(self, page: Callable[[], Any]) -> Any:
        body = page()
        self.change(body)
        return json_response(body)


def ignored_field(body: dict[str, Any]) -> None:
    warning = {"field": "updated_art", "message": "Invalid search field", "code": "invalid_field"}
    body["extensions"]["search"] = [{"path": ["customers"], "warnings": [warning]}]


def denied(body: dict[str, Any]) -> None:
    for record in body["data"]["customers"]["nodes"]:
        record["defaultEmailAddress"] = None
    body["errors"] = [{"message": "Access denied", "extensions": {"code": "ACCESS_DENIED"}}]


def no_cursor(body: dict[str, Any]) -> None:
    body["data"]["customers"]["pageInfo"] = {"hasNextPage": True, "endCursor": None}


def nothing(body: dict[str, Any]) -> None:
    body["data"] = None


FAILURES: dict[str, tuple[Fault, str]] = {
    "401": (HttpError(401), "does not accept the client id or client secret of source online-shop"),
    "403": (HttpError(403), "denies access (status 403). Give the app read_customers"),
    "404": (HttpError(404), "knows no such store"),
    "429": (HttpError(429), "asked us to slow down (status 429). Asked 7 times"),
    "429 for an hour": (HttpError(429, 3_600), "slow down (status 429). Asked once"),
    "500": (HttpError(500), "it failed (status 500)"),
    "503": (HttpError(503, 2), "it failed (status 503)"),
    "half a page": (TruncatedBody(), "its answer broke off half-way"),
    "a web page": (HtmlPage(), "it sent a web page instead of data (status 200)"),
    "a web page with a status": (HtmlPage(503), "it failed (status 503)"),
    "the same page": (RepeatedPage(), "gives the same page again and again"),
    "no allowance": (Throttled(), "its allowance of questions is used up"),
    "a failure inside": (GraphqlFailure(), "it failed: Internal error"),
    "a refused question": (
        GraphqlFailure("Field 'emial' doesn't exist on type 'Customer'", "undefinedField"),
        "does not understand our question: Field 'emial' doesn't exist",
    ),
    "an ignored filter": (
        EditedBody(ignored_field),
        "ignored a part of our question (updated_art)",
    ),
    "a redirect": (Redirects(), "to another address (status 302), which is not followed"),
    "an endless answer": (EndlessBody(), "sent more than 32 MB as one answer"),
    "no data": (EditedBody(nothing), "it sent no customers"),
    "a list": (FixedBody([1, 2]), "its answer is not what it promises"),
    "errors in words": (FixedBody({"errors": "Not Found"}), "does not understand our question"),
    "no next place": (EditedBody(no_cursor), "it did not say where the next page begins"),
    "no right": (
        GraphqlFailure("Access denied for customers field", "ACCESS_DENIED"),
        "denies access: Access denied for customers field. Give the app read_customers",
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_a_sentence_and_what_was_read_stays(
    name: str, shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    fault, sentence = FAILURES[name]
    store.faults.plan(fault, times=50, after=1, on="customers")
    with pytest.raises(UnavailableError) as raised:
        run_sync(shop, small_pages(store, tmp_path))
    assert sentence in str(raised.value)
    assert "online-shop" in str(raised.value)
    assert not re.search(r"shpat_|demo-secret|@", str(raised.value))
    assert raised.value.exit_status == 3
    assert len(table_rows(shop, Identity)) == (50 if name == "the same page" else 25)
    cursors = table_rows(shop, SyncState, "stream", "cursor")
    assert [stream for stream, cursor in cursors if cursor] == ["customers"]

    store.faults.clear()
    report = run_sync(shop, small_pages(store, tmp_path))
    assert len(table_rows(shop, Identity)) == len(store.cafe.customers)
    assert report.streams["customers"] < len(store.cafe.customers)


@pytest.mark.parametrize(
    "fault",
    [HttpError(429, 4), HttpError(500), TruncatedBody(), HtmlPage(), Throttled(), GraphqlFailure()],
)
def test_a_passing_failure_is_retried(
    fault: Any, shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.plan(fault, times=3, after=1, on="orders")
    run_sync(shop, small_pages(store, tmp_path))
    assert len(table_rows(shop, Order)) == len(store.cafe.orders)
    assert len(store.pauses) == 3


def test_the_pause_is_the_one_shopify_asks_for(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.plan(HttpError(429, 4))
    store.faults.plan(Throttled())
    run_sync(shop, store.connect(tmp_path))
    assert store.pauses == [4.0, 2.0]  # 200 points are missing, 100 flow back a second


def test_a_real_bucket_is_never_overdrawn_for_long(shop: Engine, tmp_path: Path) -> None:
    now = [0.0]
    store = ShopifySandbox(bucket=Bucket(size=400, clock=lambda: now[0]))

    async def sleep(seconds: float) -> None:
        store.pauses.append(seconds)
        now[0] += seconds

    store.sleep = sleep  # type: ignore[method-assign]  # this clock moves only while we wait
    run_sync(shop, small_pages(store, tmp_path))
    assert len(table_rows(shop, Order)) == len(store.cafe.orders)
    assert store.pauses


def test_an_expired_token_is_renewed(shop: Engine, store: ShopifySandbox, tmp_path: Path) -> None:
    store.faults.plan(EditedBody(lambda _body: store.tokens.expire_all()), after=1, on="orders")
    run_sync(shop, small_pages(store, tmp_path))
    assert len(table_rows(shop, Order)) == len(store.cafe.orders)
    assert store.pauses == []


def test_a_token_is_renewed_before_it_ends(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.tokens.lifetime = 1
    run_sync(shop, store.connect(tmp_path))
    assert len(table_rows(shop, Order)) == len(store.cafe.orders)


@pytest.mark.parametrize(
    ("environ", "reply", "sentence"),
    [
        ({"SHOPIFY_CLIENT_SECRET": "wrong"}, None, "does not accept the client id or client"),
        ({"SHOPIFY_CLIENT_ID": "wrong"}, None, "does not accept the client id or client secret"),
        ({}, {"error": "shop_not_permitted"}, "must belong to the same organisation"),
        ({}, {"error": "app_not_installed"}, "is not installed in the store"),
    ],
)
def test_a_refused_sign_in_says_what_to_do(
    environ: dict[str, str], reply: Any, sentence: str, shop: Engine, tmp_path: Path
) -> None:
    store = ShopifySandbox()
    if reply:
        store.sign_in_faults.always(Refused(reply))
    credentials = {"SHOPIFY_CLIENT_ID": "demo-client", "SHOPIFY_CLIENT_SECRET": CLIENT_SECRET}
    with pytest.raises(UnavailableError, match=sentence):
        run_sync(shop, store.connect(tmp_path, environ=credentials | environ))
    assert store.requests == 1


@dataclass(frozen=True)
class Refused:
    body: Any

    async def reply(self, page: Callable[[], Any]) -> Any:
        return json_response(self.body, 400)


def test_a_sign_in_that_fails_for_a_moment_is_tried_again(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.sign_in_faults.plan(HttpError(503), times=2)
    run_sync(shop, store.connect(tmp_path))
    assert len(store.pauses) == 2


def test_no_connection_is_a_sentence(shop: Engine, tmp_path: Path) -> None:
    def unplugged(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    async def sleep(_seconds: float) -> None: ...

    connector = connect_source(tmp_path, transport=httpx.MockTransport(unplugged), sleep=sleep)
    with pytest.raises(UnavailableError, match=r"no answer came \(ConnectError\)"):
        run_sync(shop, connector)


def test_hidden_addresses_are_a_warning_and_known_ones_are_kept(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    run_sync(shop, store.connect(tmp_path))
    known_addresses = table_rows(shop, Identity, "external_id", "email")
    for fault in (EditedBody(denied), hides_everything()):
        store.faults.always(fault, on="customers")
        touch_all_customers(store)
        report = run_sync(shop, store.connect(tmp_path))
        assert [w for w in report.warnings if "shows no e-mail addresses" in w]
        assert table_rows(shop, Identity, "external_id", "email") == known_addresses


def test_a_few_hidden_addresses_are_kept_too(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    run_sync(shop, store.connect(tmp_path))
    known_addresses = table_rows(shop, Identity, "external_id", "email")
    store.faults.always(hides_everything(), on="customers")
    for customer in store.cafe.customers[:3]:
        store.shop.customers.put(replace(customer, updated_at=store.cafe.now - SOON))
    run_sync(shop, store.connect(tmp_path))
    assert table_rows(shop, Identity, "external_id", "email") == known_addresses


def test_an_address_that_was_deleted_is_kept_no_longer(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    run_sync(shop, store.connect(tmp_path))
    before = set(table_rows(shop, Identity, "external_id", "email"))
    clara = store.cafe.customers[3]
    store.shop.customers.put(replace(clara, email=None, updated_at=store.cafe.now - SOON))
    run_sync(shop, store.connect(tmp_path))
    after = set(table_rows(shop, Identity, "external_id", "email"))
    assert before - after == {(str(clara.number), clara.email)}


def hides_everything() -> CorruptedRecords:
    names = ("firstName", "lastName", "defaultEmailAddress", "defaultPhoneNumber")
    return CorruptedRecords(lambda record: record.update(dict.fromkeys(names)))


def touch_all_customers(store: ShopifySandbox) -> None:
    for customer in store.cafe.customers:
        store.shop.customers.put(replace(customer, updated_at=store.cafe.now - SOON))


def test_customers_without_an_address_are_no_warning(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.always(without_emails(), on="customers")
    assert run_sync(shop, store.connect(tmp_path)).warnings == ()


def test_another_currency_is_a_warning(shop: Engine, store: ShopifySandbox, tmp_path: Path) -> None:
    report = run_sync(shop, store.connect(tmp_path, currency="USD"))
    assert report.warnings == ("Shopify counts in EUR, but currency: in the shop's file says USD.",)


def test_records_without_id_or_with_invalid_addresses_are_quarantined(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.plan(without_ids(every=20), on="orders")
    store.faults.plan(invalid_addresses(every=20), on="customers")
    report = run_sync(shop, store.connect(tmp_path))
    reasons = {reason for (reason,) in table_rows(shop, QuarantinedRecord, "reason")}
    assert reasons == {"This is no Order with an id.", "The e-mail address is none."}
    assert report.quarantined == len(table_rows(shop, QuarantinedRecord))


def test_a_lost_cursor_restarts_the_sweep(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.plan(HttpError(403), after=1, on="customers")
    with pytest.raises(UnavailableError):
        run_sync(shop, small_pages(store, tmp_path))
    store.faults.clear()
    forgot = GraphqlFailure("Invalid cursor for current pagination sort.", "BAD_REQUEST")
    store.faults.plan(forgot, on="customers")
    run_sync(shop, small_pages(store, tmp_path))
    assert len(table_rows(shop, Identity)) == len(store.cafe.customers)


def test_pages_in_a_circle_are_detected(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    cursors = iter("ABCABCABC")

    def circle(body: dict[str, Any]) -> None:
        connection = body["data"]["customers"]
        connection["pageInfo"] = {"hasNextPage": True, "endCursor": next(cursors)}
        connection["nodes"] = connection["nodes"][:1]
        connection["nodes"][0]["firstName"] = connection["pageInfo"]["endCursor"]

    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("access_token"):
            return httpx.Response(200, json={"access_token": "one", "expires_in": 9_000})
        body = store.shop.execute(CUSTOMERS, {"first": 5})
        circle(body)
        return httpx.Response(200, json=body)

    connector = connect_source(tmp_path, transport=httpx.MockTransport(respond))
    with pytest.raises(UnavailableError, match="gives the same page again and again"):
        run_sync(shop, connector)


def test_a_resumed_sweep_is_followed_by_one_up_to_now(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    store.faults.plan(HttpError(403), after=1, on="customers")
    with pytest.raises(UnavailableError):
        run_sync(shop, small_pages(store, tmp_path))
    store.faults.clear()
    meanwhile = store.cafe.now + SOON
    customer = replace(store.cafe.customers[3], first_name="Carolina", updated_at=meanwhile)
    store.shop.customers.put(customer)
    run_sync(shop, small_pages(store, tmp_path), now=hours_later(1))
    assert ("Carolina",) in table_rows(shop, Identity, "first_name")


def test_only_what_changed_is_asked_for(
    shop: Engine, store: ShopifySandbox, tmp_path: Path
) -> None:
    run_sync(shop, store.connect(tmp_path))
    customer = store.cafe.customers[3]
    newest = max(candidate.updated_at for candidate in store.cafe.customers)
    store.shop.customers.put(replace(customer, first_name="Clara", updated_at=store.cafe.now))
    report = run_sync(shop, store.connect(tmp_path), now=hours_later(1))
    asked_again = [
        candidate for candidate in store.cafe.customers if candidate.updated_at >= newest - OVERLAP
    ]
    assert report.streams["customers"] == 1 + len({*asked_again} - {customer})


def test_the_secrets_show_nowhere(tmp_path: Path, store: ShopifySandbox) -> None:
    assert CLIENT_SECRET not in repr(store.connect(tmp_path))
    assert CLIENT_SECRET not in ONLINE_SHOP
