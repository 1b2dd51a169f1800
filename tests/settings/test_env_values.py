"""Secrets and settings from environment variables."""

from __future__ import annotations

import copy
import pickle

import pytest

from settings.model import ConfigModel
from settings.values import NamedAddress, Secret
from tests.settings.conftest import LoadInvalid, LoadValid, mistake_lines
from tests.settings.corner_cafe import Outbox, Shopify, Smtp

PUT_INTO_ENV = "into .env beside this file."


def test_a_secret_comes_from_the_environment(load_valid: LoadValid) -> None:
    """
    sources:
      shop: {from: shopify, store: x, client secret: $SHOPIFY_CLIENT_SECRET}
    """
    shop = load_valid(SHOPIFY_CLIENT_SECRET="shh").sources["shop"]
    assert isinstance(shop, Shopify)
    assert shop.client_secret.reveal() == "shh"
    assert shop.client_secret.name == "SHOPIFY_CLIENT_SECRET"


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("shh", "CLIENT_SECRET")
    shop = Shopify(from_="shopify", store="x", client_secret=secret)
    shown = [repr(secret), str(secret), f"{secret}", repr(shop), str(shop.model_dump())]
    shown += [shop.model_dump_json(), repr(vars(ConfigModel).keys()), repr(dir(secret))]
    assert not any("shh" in text for text in shown)
    assert repr(secret) == "Secret($CLIENT_SECRET)"


def test_a_secret_is_not_changed_nor_written_anywhere() -> None:
    secret = Secret("shh")
    with pytest.raises(AttributeError):
        secret.name = "other"
    with pytest.raises(AttributeError):
        del secret.name
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    assert copy.deepcopy(secret) is secret
    assert secret == Secret("shh", "ELSEWHERE")
    assert secret != Secret("other")
    assert secret != "shh"
    assert len({secret, Secret("shh")}) == 1


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(
    load_invalid: LoadInvalid,
) -> None:
    """
    sources:
      a: {from: shopify, store: x, client secret: shpat_0123, stoer: y}
      b: {from: shpify, store: x, client secret: "shpat_4567"}
      c: {from: nowhere, access token: shpat_89}
      d:
        from: shopify
        store: x
        client secret: [shpat_ab]
    sending:
      through: smtp
      host: x
      from: Ana <ana@cornercafe.example>
      password: hunter2
    """
    error = load_invalid()
    assert f"2:47 Write $CLIENT_SECRET here and put the value {PUT_INTO_ENV}" in mistake_lines(
        error
    )
    assert f"13:13 Write $PASSWORD here and put the value {PUT_INTO_ENV}" in mistake_lines(error)
    assert "13 |   password: •••••••" in str(error)
    assert "stoer: y" in str(error)
    for part in ("0123", "4567", "89", "_ab", "hunter2"):
        assert part not in str(error)


def test_a_file_that_is_no_yaml_does_not_repeat_its_secrets_either(
    load_invalid: LoadInvalid,
) -> None:
    """
    sources:
      a: {from: shopify, "client secret": 'shpat_0123, store: x}
    """
    assert "0123" not in str(load_invalid())


def test_a_name_that_is_not_set_is_reported_at_its_place(load_invalid: LoadInvalid) -> None:
    """
    sources:
      shop: {from: shopify, store: x, client secret: $SHOPIFY_SECRET}
      second: {from: shopify, store: x, client secret: $SHOPIFY_CLIENT}
      third: {from: shopify, store: x, client secret: $EMPTY}
    """
    assert mistake_lines(load_invalid(SHOPIFY_SECRETS="shh", EMPTY="")) == [
        "2:50 $SHOPIFY_SECRET is not set. Did you mean $SHOPIFY_SECRETS?",
        f"3:52 $SHOPIFY_CLIENT is not set. Put SHOPIFY_CLIENT=… {PUT_INTO_ENV}",
        f"4:51 $EMPTY is empty. Put its value {PUT_INTO_ENV}",
    ]


def test_a_setting_is_a_text_or_a_name(load_valid: LoadValid) -> None:
    """
    sending: {through: outbox, folder: $FOLDER}
    """
    assert load_valid(FOLDER="/mail").sending == Outbox(through="outbox", folder="/mail")


def test_another_value_may_be_named_too(load_valid: LoadValid) -> None:
    """
    sending: {through: smtp, host: $5 a month, from: $SENDER, port: 25}
    """
    sending = load_valid(SENDER="Ana <ana@cornercafe.example>").sending
    assert isinstance(sending, Smtp)
    assert sending.from_ == NamedAddress("Ana", "ana@cornercafe.example")
    assert sending.host == "$5 a month"


def test_a_named_value_is_checked_like_a_typed_one(load_invalid: LoadInvalid) -> None:
    """
    sending: {through: smtp, host: x, from: $SENDER}
    """
    assert mistake_lines(load_invalid(SENDER="Ana")) == [
        "1:41 Write a name and an address, like Ana <ana@cornercafe.example>."
    ]
