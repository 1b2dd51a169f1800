"""What `regulars init` asks about a WooCommerce shop."""

from __future__ import annotations

from connectors.setup import SandboxServer, Setup, SetupQuestion
from connectors.woocommerce.shop_address import parse_address

SHOP_PAGE = "/shop"  # WooCommerce's usual page of products


def parse_answer(text: str) -> str:
    """Return the shop's address; raises `ValueError` where `text` can be none.

    An address that ends in the page of products is the site's; of a WordPress in a folder of that
    name, the answer ends in `/shop/wp-json`.
    """
    if not text:
        return ""
    if address := parse_address(text):
        is_shop_page = text.strip().rstrip("/").endswith(SHOP_PAGE)
        return address.removesuffix(SHOP_PAGE) if is_shop_page else address
    raise ValueError("Write the shop's web address, like https://shop.yourshop.com.")


SETUP = Setup(
    name="woocommerce",
    label="WooCommerce",
    choices=("woocommerce", "wordpress"),
    choice_hint="woocommerce",
    flag="--woocommerce",
    metavar="ADDRESS",
    flag_help="Your WooCommerce shop's address; its keys from the environment.",
    source="web-shop",
    questions=(
        SetupQuestion(
            "address",
            "Your WooCommerce shop's web address?",
            hint="like https://shop.yourshop.com",
            flag="--woocommerce",
            parse=parse_answer,
        ),
        SetupQuestion(
            "consumer key",
            "The consumer key of a REST API key with the right to read? (not shown)",
            hint="How to make one: docs/sources.md. Enter leaves WooCommerce for later.",
            env="WOOCOMMERCE_CONSUMER_KEY",
        ),
        SetupQuestion(
            "consumer secret", "Its consumer secret? (not shown)", env="WOOCOMMERCE_CONSUMER_SECRET"
        ),
        SetupQuestion(
            "consent from",
            "Under which meta key does the shop keep who said yes to mail?",
            hint="The plugin with the box at the checkout names it. Enter where there is none.",
            flag="--woocommerce-consent",
            metavar="KEY",
            optional=True,
        ),
    ),
    sandbox=SandboxServer(
        package="sandbox.woocommerce",
        port_option="--woocommerce-port",
        port=8803,
        help="The same for the WooCommerce shop; the usual one is 8803.",
        keys={
            "WOOCOMMERCE_CONSUMER_KEY": "ck_sandbox_corner_cafe",
            "WOOCOMMERCE_CONSUMER_SECRET": "cs_sandbox_corner_cafe",
        },
    ),
)
