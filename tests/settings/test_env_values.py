"""Secrets and settings: named in the file, kept outside it."""

from __future__ import annotations

import copy
import pickle

import pytest

from settings.model import Words
from settings.values import NamedAddress, Secret
from tests.settings.conftest import Refuse, Understand, told
from tests.settings.corner_cafe import Outbox, Shopify, Smtp

PUT = "into .env beside this file."


def test_a_secret_comes_from_the_environment(understood: Understand) -> None:
    """
    sources:
      shop: {from: shopify, store: x, client secret: $SHOPIFY_CLIENT_SECRET}
    """
    shop = understood(SHOPIFY_CLIENT_SECRET="shh").sources["shop"]
    assert isinstance(shop, Shopify)
    assert shop.client_secret.reveal() == "shh"
    assert shop.client_secret.name == "SHOPIFY_CLIENT_SECRET"


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("shh", "CLIENT_SECRET")
    shop = Shopify(from_="shopify", store="x", client_secret=secret)
    shown = [repr(secret), str(secret), f"{secret}", repr(shop), str(shop.model_dump())]
    shown += [shop.model_dump_json(), repr(vars(Words).keys()), repr(dir(secret))]
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


def test_a_secret_written_into_the_file_is_refused_and_not_repeated(refused: Refuse) -> None:
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
    refusal = refused()
    assert f"2:47 Write $CLIENT_SECRET here and put the value {PUT}" in told(refusal)
    assert f"13:13 Write $PASSWORD here and put the value {PUT}" in told(refusal)
    assert "13 |   password: •••••••" in str(refusal)
    assert "stoer: y" in str(refusal)
    for part in ("0123", "4567", "89", "_ab", "hunter2"):
        assert part not in str(refusal)


def test_a_file_that_is_no_yaml_does_not_repeat_its_secrets_either(refused: Refuse) -> None:
    """
    sources:
      a: {from: shopify, "client secret": 'shpat_0123, store: x}
    """
    assert "0123" not in str(refused())


def test_a_name_that_is_not_set_is_told_where_it_stands(refused: Refuse) -> None:
    """
    sources:
      shop: {from: shopify, store: x, client secret: $SHOPIFY_SECRET}
      second: {from: shopify, store: x, client secret: $SHOPIFY_CLIENT}
      third: {from: shopify, store: x, client secret: $EMPTY}
    """
    assert told(refused(SHOPIFY_SECRETS="shh", EMPTY="")) == [
        "2:50 $SHOPIFY_SECRET is not set. Did you mean $SHOPIFY_SECRETS?",
        f"3:52 $SHOPIFY_CLIENT is not set. Put SHOPIFY_CLIENT=… {PUT}",
        f"4:51 $EMPTY is empty. Put its value {PUT}",
    ]


def test_a_setting_is_a_text_or_a_name(understood: Understand) -> None:
    """
    sending: {through: outbox, folder: $FOLDER}
    """
    assert understood(FOLDER="/mail").sending == Outbox(through="outbox", folder="/mail")


def test_another_value_may_be_named_too(understood: Understand) -> None:
    """
    sending: {through: smtp, host: $5 a month, from: $SENDER, port: 25}
    """
    sending = understood(SENDER="Ana <ana@cornercafe.example>").sending
    assert isinstance(sending, Smtp)
    assert sending.from_ == NamedAddress("Ana", "ana@cornercafe.example")
    assert sending.host == "$5 a month"


def test_a_named_value_is_checked_like_a_typed_one(refused: Refuse) -> None:
    """
    sending: {through: smtp, host: x, from: $SENDER}
    """
    assert told(refused(SENDER="Ana")) == [
        "1:41 Write a name and an address, like Ana <ana@cornercafe.example>."
    ]
