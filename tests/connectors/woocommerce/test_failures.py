"""What goes wrong at a WooCommerce shop becomes a sentence, and nothing that was read is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Engine
from starlette.responses import HTMLResponse, Response

from connectors.woocommerce.connector import WooCommerceConnector
from sandbox.cafe import NOW
from sandbox.responses import Fault
from sandbox.woocommerce.records import gmt
from sandbox.woocommerce.server import CONSUMER_KEY, CONSUMER_SECRET
from settings.errors import UnavailableError
from shop.tables import Identity, Order, QuarantinedRecord, Refund, SyncState
from tests.connectors.corner_cafe import hours_later, run_sync, table_rows
from tests.connectors.corner_web_shop import ENVIRON, OVER_HTTP, WEB_SHOP, WooCommerceSandbox
from tests.faults.responses import HtmlPage, TruncatedBody
from tests.faults.woocommerce import (
    CorruptedRecords,
    HttpError,
    RepeatedPage,
    invalid_addresses,
    without_ids,
)


@pytest.fixture
def sandbox() -> WooCommerceSandbox:
    return WooCommerceSandbox()


@pytest.fixture
def shop(sqlite: Engine) -> Engine:
    """One database is enough: these tests are about responses."""
    return sqlite


def small_pages(sandbox: WooCommerceSandbox, folder: Path) -> WooCommerceConnector:
    return replace(sandbox.connect(folder), page_size=10)


def sync(shop: Engine, connector: WooCommerceConnector, now: datetime = NOW) -> Any:
    return run_sync(shop, connector, name="web-shop", now=now)


@dataclass(frozen=True)
class FixedBody:
    """A response with a body of the test's own."""

    body: Any
    status: int = 200
    location: str = ""

    async def reply(self, page: Callable[[], Any]) -> Response:
        headers = {"Location": self.location} if self.location else None
        return Response(orjson.dumps(self.body), self.status, headers)


@dataclass(frozen=True)
class PlainPermalinks:
    """WordPress's own page for an address that it does not know."""

    async def reply(self, page: Callable[[], Any]) -> Response:
        return HTMLResponse("<!doctype html><title>Page not found</title>", 404)


DISABLED = "DRA: Only authenticated users can access the REST API."
FAILURES: dict[str, tuple[Fault, str]] = {
    "wrong keys": (
        HttpError(401, code="woocommerce_rest_authentication_error"),
        "does not accept the consumer key or consumer secret of source web-shop",
    ),
    "401 without a body": (FixedBody({}, 401), "does not accept the consumer key"),
    "no right to read": (
        HttpError(401, code="woocommerce_rest_cannot_view"),
        "lets this key read no customers (status 401). In WordPress, give the key the right",
    ),
    "403": (HttpError(403, code="rest_forbidden"), "lets this key read no customers (status 403)"),
    "the API switched off": (
        HttpError(401, code="rest_cannot_access", message=DISABLED),
        f"refuses to answer: {DISABLED[:-1]}. A plugin in WordPress may have switched",
    ),
    "no WooCommerce": (
        HttpError(404, code="rest_no_route"),
        "no REST API of version 3 there (rest_no_route). Check that WooCommerce 3.5",
    ),
    "plain permalinks": (PlainPermalinks(), "choose anything but Plain at Settings → Permalinks"),
    "404": (FixedBody({}, 404), "knows no such address (status 404)"),
    "418": (FixedBody({}, 418), "refused to answer (status 418)"),
    "a refused parameter": (
        HttpError(400, code="rest_invalid_param", message="Invalid parameter(s): status"),
        "does not understand our question: Invalid parameter(s): status",
    ),
    "429": (HttpError(429), "asked us to slow down (status 429). Asked 7 times"),
    "429 for an hour": (HttpError(429, 3_600), "slow down (status 429). Asked once"),
    "500": (HttpError(500), "it failed (status 500)"),
    "maintenance": (HtmlPage(503), "it failed (status 503)"),
    "half a page": (TruncatedBody(), "its answer broke off half-way"),
    "a web page": (
        HtmlPage(),
        "it sent a web page instead of data (status 200). Asked 7 times. In",
    ),
    "a redirect": (
        FixedBody({}, 301, "https://www.cornercafe.example/"),
        "to another address (https://www.cornercafe.example/) (status 301), which is not followed",
    ),
    "an endless answer": (FixedBody(["x" * 33 * 1024**2]), "sent more than 32 MB"),
    "an object": (FixedBody({"id": 1}), "it sent no customers"),
    "the same page": (RepeatedPage(), "gives the same page again and again"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_a_sentence_and_what_was_read_stays(
    name: str, shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    fault, sentence = FAILURES[name]
    sandbox.faults.plan(fault, times=50, after=1, on="customers")
    with pytest.raises(UnavailableError) as raised:
        sync(shop, small_pages(sandbox, tmp_path))
    assert sentence in str(raised.value)
    assert not re.search(rf"{CONSUMER_KEY}|{CONSUMER_SECRET}|@", str(raised.value))
    assert raised.value.exit_status == 3
    # The second page begins with the last record of the first.
    assert len(table_rows(shop, Identity)) == (19 if name == "the same page" else 10)
    cursors = table_rows(shop, SyncState, "stream", "cursor")
    assert [stream for stream, cursor in cursors if cursor] == ["customers"]

    sandbox.faults.clear()
    report = sync(shop, small_pages(sandbox, tmp_path))
    assert report.streams["orders"] == len(sandbox.store.orders)


@pytest.mark.parametrize("fault", [HttpError(429, 4), HttpError(500), TruncatedBody(), HtmlPage()])
@pytest.mark.parametrize("stream", ["customers", "orders", "refunds"])
def test_a_passing_failure_is_retried(
    fault: Any, stream: str, shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sandbox.faults.plan(fault, times=3, on=stream)
    sync(shop, sandbox.connect(tmp_path))
    assert len(table_rows(shop, Order)) == len(sandbox.store.orders)
    assert len(sandbox.pauses) == 3
    assert set(sandbox.pauses) == {4.0} or fault != HttpError(429, 4)


@pytest.mark.parametrize("yaml", [WEB_SHOP, OVER_HTTP], ids=["basic", "oauth"])
def test_wrong_keys_have_a_sentence_and_are_shown_nowhere(
    yaml: str, shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    environ = ENVIRON | {"WOOCOMMERCE_CONSUMER_SECRET": "cs_wrong"}
    connector = sandbox.connect(tmp_path, yaml, environ)
    with pytest.raises(UnavailableError, match="does not accept the consumer key") as raised:
        sync(shop, connector)
    assert "cs_wrong" not in f"{raised.value} {connector!r}"


def test_over_plain_http_no_secret_travels(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    report = sync(shop, sandbox.connect(tmp_path, OVER_HTTP))
    assert report.streams["orders"] == len(sandbox.store.orders)
    queries = [query for _, query in sandbox.store.requests]
    assert len({query["oauth_nonce"] for query in queries}) == len(queries)
    assert not any(CONSUMER_SECRET in str(query) for query in queries)


def test_over_https_nothing_is_signed(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    assert not any("oauth_nonce" in query for _, query in sandbox.store.requests)


def test_no_connection_is_a_sentence(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    def unplugged(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"no route to {request.url}")

    connector = sandbox.connect(tmp_path, transport=httpx.MockTransport(unplugged))
    with pytest.raises(UnavailableError, match=r"no answer came \(ConnectError\)"):
        sync(shop, connector)


def test_only_changed_orders_are_requested(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    sandbox.store.requests.clear()
    newest = max(order["date_modified_gmt"] for order in sandbox.store.orders.values())
    order = next(iter(sandbox.store.orders.values()))
    order["date_modified_gmt"] = gmt(hours_later(1))
    report = sync(shop, sandbox.connect(tmp_path), hours_later(2))
    assert report.streams["orders"] <= 3
    queries = [query for path, query in sandbox.store.requests if path.endswith("/orders")]
    start = datetime.fromisoformat(f"{newest}+00:00") - timedelta(minutes=10)
    assert {query["modified_after"] for query in queries} == {gmt(start)}
    assert {query["dates_are_gmt"] for query in queries} == {"true"}


def test_a_shop_that_ignores_the_filter_has_a_sentence(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    everything = FixedBody([*sandbox.store.orders.values()][:3])
    sandbox.faults.always(everything, on="orders")
    with pytest.raises(UnavailableError, match="ignores modified_after"):
        sync(shop, sandbox.connect(tmp_path), hours_later(99))


def test_an_order_in_the_trash_counts_no_longer(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    order = next(each for each in sandbox.store.orders.values() if each["status"] == "completed")
    order |= {"status": "trash", "date_modified_gmt": gmt(hours_later(1))}
    sync(shop, sandbox.connect(tmp_path), hours_later(2))
    counts = dict(table_rows(shop, Order, "external_id", "counts"))
    assert counts[str(order["id"])] is False


@pytest.mark.parametrize("gone", [1, 3, 12])
def test_orders_that_leave_the_list_hide_no_others(
    gone: int, shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    """Between two pages orders of the first go into the trash: all others move up."""
    trashed = list(sandbox.store.orders)[:gone]

    @dataclass(frozen=True)
    class ThenTrash:
        async def reply(self, page: Callable[[], Any]) -> Response:
            records = orjson.dumps(page())
            total = str(len(sandbox.store.orders))
            for number in trashed:
                sandbox.store.orders[number]["status"] = "trash"
            return Response(records, headers={"X-WP-Total": total}, media_type="application/json")

    sandbox.faults.plan(ThenTrash(), after=1, on="orders")
    sync(shop, small_pages(sandbox, tmp_path))
    keys = {int(key) for (key,) in table_rows(shop, Order, "external_id")}
    assert keys == set(sandbox.store.orders)


def test_an_order_that_leaves_while_another_arrives_hides_no_other(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    """The list is as long as before, and all its orders moved up by one."""
    leaving, *_, arriving = sandbox.store.orders
    newest = sandbox.store.orders.pop(arriving)

    @dataclass(frozen=True)
    class ThenSwap:
        async def reply(self, page: Callable[[], Any]) -> Response:
            records = orjson.dumps(page())
            total = str(len(sandbox.store.orders))
            del sandbox.store.orders[leaving]
            sandbox.store.orders[arriving] = newest
            return Response(records, headers={"X-WP-Total": total}, media_type="application/json")

    sandbox.faults.plan(ThenSwap(), after=1, on="orders")
    sync(shop, small_pages(sandbox, tmp_path))
    keys = {int(key) for (key,) in table_rows(shop, Order, "external_id")}
    assert keys == {leaving, *sandbox.store.orders}


def test_without_a_total_the_last_page_is_the_one_that_is_not_full(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sandbox.faults.always(CorruptedRecords(lambda _record: None), on="orders")
    report = sync(shop, small_pages(sandbox, tmp_path))
    assert report.streams["orders"] == len(sandbox.store.orders)


def test_refunds_arrive_with_their_own_date(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sync(shop, sandbox.connect(tmp_path))
    expected = sum(len(refunds) for refunds in sandbox.store.refunds.values())
    refunds = table_rows(shop, Refund, "order_key", "total")
    assert len(refunds) == expected > 0
    assert all(total > 0 for _, total in refunds)


def test_records_without_id_or_with_invalid_addresses_are_quarantined(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    sandbox.faults.plan(without_ids(every=20), on="orders")
    sandbox.faults.plan(invalid_addresses(every=20), on="customers")
    report = sync(shop, sandbox.connect(tmp_path))
    reasons = {reason for (reason,) in table_rows(shop, QuarantinedRecord, "reason")}
    assert reasons == {"This is no order with an id.", "The e-mail address is none."}
    assert report.quarantined == len(table_rows(shop, QuarantinedRecord))


def test_another_currency_is_a_warning(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    report = sync(shop, sandbox.connect(tmp_path, currency="USD"))
    warning = "The shop counts in EUR, but currency: in the shop's file says USD."
    assert report.warnings == (warning,)


@pytest.mark.parametrize("currency", [["EUR"], {"code": "EUR"}, None, 978])
def test_a_currency_that_is_none_quarantines_the_order(
    currency: Any, shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    broken = CorruptedRecords(lambda record: record.update(currency=currency), every=20)
    sandbox.faults.plan(broken, on="orders")
    report = sync(shop, sandbox.connect(tmp_path))
    reasons = {reason for (reason,) in table_rows(shop, QuarantinedRecord, "reason")}
    assert (reasons, report.warnings) == ({"It has no currency."}, ())


def test_a_redirect_is_quoted_without_its_signed_query(
    shop: Engine, sandbox: WooCommerceSandbox, tmp_path: Path
) -> None:
    location = "https://other.example/wp-json?oauth_signature=c2lnbmF0dXJl"
    sandbox.faults.always(FixedBody({}, 301, location), on="customers")
    with pytest.raises(UnavailableError) as error:
        sync(shop, sandbox.connect(tmp_path))
    assert "(https://other.example/wp-json)" in str(error.value)
    assert "oauth_signature" not in str(error.value)
