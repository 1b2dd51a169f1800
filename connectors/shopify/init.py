"""What `regulars init` asks about a shop at Shopify."""

from __future__ import annotations

from connectors.setup import SandboxServer, Setup, SetupQuestion
from connectors.shopify.store_name import parse_store


def parse_answer(text: str) -> str:
    """Return the store's full name; raises `ValueError` where `text` can be none."""
    if not text:
        return ""
    if store := parse_store(text):
        return store
    raise ValueError("Write the shop's own name at Shopify, like your-shop.myshopify.com.")


SETUP = Setup(
    name="shopify",
    label="Shopify",
    choices=("shopify",),
    choice_hint="shopify",
    flag="--shopify",
    metavar="STORE",
    flag_help="Your-shop.myshopify.com; its keys from the environment.",
    address_flag="--shopify-address",
    source="online-shop",
    questions=(
        SetupQuestion(
            "store",
            "Your shop's own name at Shopify?",
            hint="like your-shop.myshopify.com",
            flag="--shopify",
            parse=parse_answer,
        ),
        SetupQuestion(
            "client id",
            "The client id of your app there?",
            hint="How to make that app: docs/sources.md. Enter leaves Shopify for later.",
            env="SHOPIFY_CLIENT_ID",
        ),
        SetupQuestion(
            "client secret", "Its client secret? (not shown)", env="SHOPIFY_CLIENT_SECRET"
        ),
    ),
    has_carts=True,
    sends_mail=True,
    sandbox=SandboxServer(
        package="sandbox.shopify",
        port_option="--port",
        port=8801,
        help="Without it 8801, or a free one where that is taken.",
        keys={"SHOPIFY_CLIENT_ID": "demo-client", "SHOPIFY_CLIENT_SECRET": "demo-secret"},
    ),
)
