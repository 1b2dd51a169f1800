"""Platforms in the interview: their keys, profiles and starter rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.shopify.config import ShopifySource
from connectors.square.config import SquareSource
from connectors.woocommerce.config import WooCommerceSource
from mail.senders.sendgrid import interview as sendgrid_questions
from mail.senders.sendgrid.config import SendGrid
from regulars.init import questions
from sandbox.shopify.tokens import CLIENT_ID, CLIENT_SECRET
from sandbox.square.server import ACCESS_TOKEN
from sandbox.woocommerce.server import CONSUMER_KEY, CONSUMER_SECRET
from settings.questions import Question
from tests.connectors.corner_cafe import SMALL_CAFE
from tests.regulars.init.scripted_owner import (
    ADDRESS_QUESTION,
    CLIENT_ID_QUESTION,
    CONSENT_QUESTION,
    CONSUMER_SECRET_QUESTION,
    KEY_QUESTION,
    SECRET_QUESTION,
    SHOPIFY,
    SQUARE,
    STORE,
    TOKEN_QUESTION,
    VALID_KEY,
    WEB_SHOP_HOST,
    WOOCOMMERCE,
    Interview,
    NoNetwork,
    Platforms,
    check_config,
)
from triggers.config import Send

NO_KEY = "The key holds a space or another character no key has. Copy it again."


def test_a_key_is_tried_at_once_and_the_platform_supplies_currency_and_timezone(
    tmp_path: Path,
) -> None:
    owner = Interview(tmp_path, {**SHOPIFY, questions.COUNTRY: ["Brazil"]})
    file = owner.write_config()
    assert "Shopify knows the keys: Corner Café." in owner.printed
    assert (file.shop.currency, file.shop.timezone) == ("EUR", "Europe/Lisbon")
    assert questions.TIMEZONE not in owner.asked_questions
    [(name, source)] = file.sources.items()
    assert isinstance(source, ShopifySource)
    assert (name, source.store) == ("online-shop", "corner-cafe.myshopify.com")
    assert source.client_secret.reveal() == CLIENT_SECRET
    assert list(file.rules) == ["abandoned-cart", "we-miss-you", "birthday", "welcome"]


def test_a_rejected_key_is_explained_and_asked_again(tmp_path: Path) -> None:
    keys = {
        CLIENT_ID_QUESTION: [CLIENT_ID] * 2,
        SECRET_QUESTION: ["mistyped", CLIENT_SECRET],
    }
    owner = Interview(tmp_path, {**SHOPIFY, **keys})
    assert list(owner.write_config().sources) == ["online-shop"]
    assert owner.asked_questions.count(SECRET_QUESTION) == 2
    assert "Shopify does not accept the client id or client secret" in owner.output
    assert "mistyped" not in (tmp_path / ".env").read_text()


KEYS = (CLIENT_ID_QUESTION, SECRET_QUESTION, TOKEN_QUESTION, sendgrid_questions.API_KEY)


@pytest.mark.parametrize("question", KEYS, ids=lambda question: question.key)
@pytest.mark.parametrize("mistyped", ["clé", "a key", "a\u00a0key"])
def test_a_malformed_key_is_explained_and_asked_again(
    tmp_path: Path, question: Question, mistyped: str
) -> None:
    script = {
        questions.RUNS_ON: ["shopify, square"],
        STORE: ["corner-cafe"],
        CLIENT_ID_QUESTION: [CLIENT_ID],
        SECRET_QUESTION: [CLIENT_SECRET],
        TOKEN_QUESTION: [ACCESS_TOKEN],
        questions.SEND_THROUGH: ["sendgrid"],
        sendgrid_questions.API_KEY: [VALID_KEY],
    }
    owner = Interview(tmp_path, {**script, question: [mistyped, *script[question]]})
    file = owner.write_config()
    assert (list(file.sources), bool(file.sending.block(SendGrid))) == (
        ["online-shop", "till"],
        True,
    )
    assert owner.asked_questions.count(question) == 2
    assert owner.printed.count(NO_KEY) == 1


@pytest.mark.parametrize("platforms", [Platforms(), NoNetwork()])
def test_enter_leaves_a_platform_for_later(tmp_path: Path, platforms: Platforms) -> None:
    wrong_keys = {CLIENT_ID_QUESTION: ["typed"], SECRET_QUESTION: ["wrongly"]}
    owner = Interview(tmp_path, {**SHOPIFY, **wrong_keys}, platforms)
    file = owner.write_config()
    assert (list(file.rules), file.sources) == (["welcome"], {})
    assert "Left for later" in owner.output
    assert not (tmp_path / ".env").exists()
    uncomment(tmp_path / "config.yaml")
    (tmp_path / ".env").write_text("SHOPIFY_CLIENT_ID=a\nSHOPIFY_CLIENT_SECRET=b\n")
    later = check_config(tmp_path)
    assert list(later.sources) == ["online-shop"]
    assert {"abandoned-cart", "we-miss-you", "birthday"} < set(later.rules)


def uncomment(config: Path) -> None:
    """Remove the comment mark of each prepared line."""
    lines = config.read_text().splitlines(keepends=True)
    commented = ("# sources:", "#   ")
    config.write_text("".join(line[2:] if line.startswith(commented) else line for line in lines))


def test_the_store_can_be_corrected(tmp_path: Path) -> None:
    script = {
        STORE: ["!", "cafe", "corner-cafe"],
        CLIENT_ID_QUESTION: [CLIENT_ID] * 2,
        SECRET_QUESTION: ["mistyped", CLIENT_SECRET],
    }
    [source] = Interview(tmp_path, {**SHOPIFY, **script}).write_config().sources.values()
    assert isinstance(source, ShopifySource)
    assert source.store == "corner-cafe.myshopify.com"


def test_commented_rule_options_can_be_uncommented(tmp_path: Path) -> None:
    Interview(tmp_path, SHOPIFY).write_config()
    config = tmp_path / "config.yaml"
    text = config.read_text()
    assert text.count("# with: ") == 2
    config.write_text(text.replace("# with: ", "with: ").replace("# include", "include"))
    rules = check_config(tmp_path).rules
    assert rules["we-miss-you"].include_backlog
    assert [step.with_ for step in rules["birthday"].then if isinstance(step, Send)] == [
        {"treat": "a gift", "valid for": "14 days"}
    ]


def test_a_list_of_orders_brings_the_lapsed_customer_rule(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("Email,Date,Amount\nana@example.com,2026-03-01,3.50\n")
    owner = Interview(tmp_path, {questions.RUNS_ON: ["list"], questions.FILE: ["orders.csv"]})
    assert list(owner.write_config().rules) == ["we-miss-you", "welcome"]


def test_an_unreachable_platform_is_explained_without_sync_phrases(tmp_path: Path) -> None:
    owner = Interview(tmp_path, SQUARE, NoNetwork())
    assert owner.write_config().sources == {}
    [message] = [line for line in owner.printed if "gave no usable answer" in line]
    assert "What was read" not in message


def test_a_web_shop_needs_no_meta_key(tmp_path: Path) -> None:
    [source] = Interview(tmp_path, WOOCOMMERCE).write_config().sources.values()
    assert isinstance(source, WooCommerceSource)
    assert source.consent_from is None


def test_a_web_shop_is_set_up_with_its_address_and_keys(tmp_path: Path) -> None:
    secrets = ["mistyped", CONSUMER_SECRET]
    script = {
        **WOOCOMMERCE,
        ADDRESS_QUESTION: ["cafe", WEB_SHOP_HOST, ""],
        KEY_QUESTION: [CONSUMER_KEY] * 2,
        CONSUMER_SECRET_QUESTION: secrets,
        CONSENT_QUESTION: ["newsletter_opt_in"] * 2,
    }
    owner = Interview(tmp_path, script)
    file = owner.write_config()
    source = file.sources["web-shop"]
    assert isinstance(source, WooCommerceSource)
    assert (source.address, source.consent_from) == (
        f"https://{WEB_SHOP_HOST}",
        "newsletter_opt_in",
    )
    assert "Write the shop's web address, like https://shop.yourshop.com." in owner.printed
    assert "does not accept the consumer key" in owner.output
    assert "WooCommerce knows the keys: Corner Café." in owner.printed
    assert (file.shop.currency, file.shop.timezone) == ("EUR", "Europe/Lisbon")
    assert list(file.rules) == ["we-miss-you", "birthday", "welcome"]


def test_a_till_with_points_brings_the_rules_about_points(tmp_path: Path) -> None:
    file = Interview(tmp_path, SQUARE).write_config()
    assert isinstance(file.sources["till"], SquareSource)
    assert file.loyalty
    assert (file.loyalty.programme, "abandoned-cart" in file.rules) == ("till", False)
    assert {"points-earned", "points-expiring"} < set(file.rules)


def test_a_till_without_points_has_no_rules_about_them(tmp_path: Path) -> None:
    platforms = Platforms()
    platforms.seller.programme = None
    file = Interview(tmp_path, SQUARE, platforms).write_config()
    assert file.loyalty is None
    assert list(file.rules) == ["we-miss-you", "birthday", "welcome"]


def test_shopifys_own_cart_reminders_disable_the_cart_rule(tmp_path: Path) -> None:
    platforms = Platforms()
    baskets = sorted(SMALL_CAFE.checkouts, key=lambda checkout: checkout.created_at)
    platforms.shop.reminded = {checkout.number for checkout in baskets[-3:]}
    owner = Interview(tmp_path, SHOPIFY, platforms)
    assert "abandoned-cart" not in owner.write_config().rules
    assert f"Shopify has written about 3 of the last {len(baskets)} baskets" in owner.output
    assert "#   abandoned-cart:" in (tmp_path / "config.yaml").read_text()


def test_mail_sent_by_other_services_disables_its_rules(tmp_path: Path) -> None:
    owner = Interview(tmp_path, {**SHOPIFY, questions.OTHERS_MAIL: ["Birthdays and carts"]})
    assert list(owner.write_config().rules) == ["we-miss-you", "welcome"]
    assert "Shopify has written about none of the last" in owner.output
