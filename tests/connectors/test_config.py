from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from connectors.csv.config import CsvOrders
from connectors.shopify.config import ShopifySource
from connectors.square.config import SquareSource
from connectors.square.connector import SquareConnector
from sandbox.square.server import ACCESS_TOKEN
from settings.errors import RegularsError
from tests.connectors.corner_cafe import ONLINE_SHOP, connect_source, read_sources
from tests.connectors.corner_till import ENVIRON, SQUARE_CONFIG


def test_an_online_shop_is_understood(tmp_path: Path) -> None:
    source = read_sources(tmp_path, ONLINE_SHOP)["online-shop"]
    assert isinstance(source, ShopifySource)
    assert source.client_secret.reveal() == "demo-secret"
    assert "demo-secret" not in repr(source)


def test_a_till_is_understood(tmp_path: Path) -> None:
    source = read_sources(tmp_path, SQUARE_CONFIG, ENVIRON)["till"]
    assert isinstance(source, SquareSource)
    assert (source.access_token.reveal(), source.address) == (ACCESS_TOKEN, None)
    assert ACCESS_TOKEN not in repr(source)
    connector = connect_source(tmp_path, SQUARE_CONFIG, environ=ENVIRON)
    assert isinstance(connector, SquareConnector)
    assert connector.address == "https://connect.squareup.com"


def test_purchases_are_understood(tmp_path: Path) -> None:
    source = read_sources(tmp_path, csv_config("holds: orders", "customer: A, when: B, total: C"))[
        "old"
    ]
    assert isinstance(source, CsvOrders)
    assert source.columns.order is None


def csv_config(holds: str, columns: str, options: str = "") -> str:
    lines = f"from: csv\n{holds}\nfile: old.csv\ncolumns: {{{columns}}}\n{options}\n"
    return f"sources:\n  old:\n{indent(lines, '    ')}"


def shopify_config(line: str) -> str:
    key = line.split(":", maxsplit=1)[0]
    remaining = [
        text_line
        for text_line in ONLINE_SHOP.splitlines()
        if not text_line.strip().startswith(f"{key}:")
    ]
    return "\n".join([*remaining, f"    {line}", ""])


def square_config(*lines: str) -> str:
    return "\n".join(
        ["sources:", "  till:", "    from: square", *(f"    {line}" for line in lines), ""]
    )


MISTAKES = {
    shopify_config("store: https://corner-cafe.myshopify.com/"): "Write corner-cafe.myshopify.com.",
    shopify_config("store: corner-cafe"): "Write corner-cafe.myshopify.com.",
    shopify_config("store: cornercafe.example"): "like corner-cafe.myshopify.com",
    shopify_config("store: evil.example/x.myshopify.com"): "like corner-cafe.myshopify.com",
    shopify_config("client secret: hunter2"): "Write $CLIENT_SECRET here",
    shopify_config("address: http://elsewhere.example"): "Write https://",
    shopify_config("address: ftp://127.0.0.1"): "Write where it answers",
    square_config("access token: hunter2"): "Write $ACCESS_TOKEN here",
    square_config("access token: $TOKEN", "address: http://elsewhere.example"): "Write https://",
    square_config(): '"access token:" is missing',
    square_config("acces token: $TOKEN"): 'Did you mean "access token"?',
    csv_config("holds: customers", "first name: Name"): "Name the column with the e-mail",
    csv_config("holds: customers", "e-mial: Email"): 'Did you mean "e-mail"?',
    csv_config("holds: orders", "customer: A, when: B"): '"total:" is missing',
    csv_config("holds: order", "customer: A, when: B, total: C"): 'Did you mean "orders"?',
    "sources:\n  old: {from: shopfy}\n": 'Did you mean "shopify"?',
}


@pytest.mark.parametrize("yaml", MISTAKES)
def test_a_mistake_is_explained_in_the_owners_words(yaml: str, tmp_path: Path) -> None:
    with pytest.raises(RegularsError) as raised:
        read_sources(tmp_path, yaml)
    assert MISTAKES[yaml] in str(raised.value)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8900", "http://localhost:1", "https://a.b"])
def test_a_sandbox_on_this_machine_needs_no_tls(address: str, tmp_path: Path) -> None:
    source = read_sources(tmp_path, shopify_config(f"address: {address}"))["online-shop"]
    assert isinstance(source, ShopifySource)
    assert source.address == address


def test_customers_of_an_unknown_source_are_asked_about(tmp_path: Path) -> None:
    yaml = csv_config("holds: orders", "customer: A, when: B, total: C", "customers of: odl")
    with pytest.raises(RegularsError, match='Did you mean "old"'):
        connect_source(tmp_path, yaml)


@pytest.mark.parametrize("source", [SQUARE_CONFIG, ONLINE_SHOP], ids=["square", "shopify"])
def test_a_key_that_no_header_can_carry_is_refused_before_use(tmp_path: Path, source: str) -> None:
    environ = dict.fromkeys([*ENVIRON, "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET"], "clé")
    with pytest.raises(RegularsError, match="another character no key has") as raised:
        read_sources(tmp_path, source, environ)
    assert "clé" not in str(raised.value)
